/* SPDX-License-Identifier: MIT */
/* Parser of a server-sent event stream (the WHATWG text/event-stream format), fed in pieces of any
 * size. */
#ifndef CLIENT_SSE_H
#define CLIENT_SSE_H

#include <stdbool.h>
#include <stddef.h>

#define SSE_EVENT_MAX (16 * 1024 * 1024) /* bytes of one line, and of the data of one event */

struct sse_event {
    const char *name; /* "message" unless the event names itself */
    const char
        *data; /* lines joined by newlines; never empty: events without data are not reported */
    size_t data_size;
    const char *id; /* last id seen in the stream, "" before the first */
};
/* The strings are gone when it returns. */
typedef void (*sse_event_fn)(void *arg, const struct sse_event *event);

struct sse;
struct sse *sse_new(sse_event_fn event_fn, void *arg);
void sse_free(struct sse *sse); /* NULL is fine */

/* False if a line or an event is over the limit: the stream is useless from then on. */
bool sse_feed(struct sse *sse, const char *data, size_t size);

#endif
