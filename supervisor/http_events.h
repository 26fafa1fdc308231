/* SPDX-License-Identifier: MIT */
/* Answers that do not end by themselves: streams of events. */
#ifndef SUPERVISOR_HTTP_EVENTS_H
#define SUPERVISOR_HTTP_EVENTS_H

#include <json-c/json.h>

struct http_call;

/* What is streamed. The strings need to live for the call of http_reply_events() only. */
struct http_stream {
    const char *task_id;    /* only this task's events; NULL: of any task */
    const char *creator_id; /* only of tasks of this user; NULL: of anybody */
    json_object *first;     /* array of the tasks as they are now, taken over; NULL: none */
};

/* Ends the call. A client that says which event it saw last (Last-Event-ID) is told what it missed,
 * if that is still known, else `first` as all others. The stream ends when the session does. */
void http_reply_events(struct http_call *call, const struct http_stream *what);

#endif
