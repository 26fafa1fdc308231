/* SPDX-License-Identifier: MIT */
/* One request on its way through the supervisor, and the ways to answer it: exactly one reply for
 * each call. The api_* modules know HTTP only through this header. Loop thread only. */
#ifndef SUPERVISOR_HTTP_CALL_H
#define SUPERVISOR_HTTP_CALL_H

#include "supervisor/store.h"
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

struct app;
struct http_call;

struct app *http_call_app(const struct http_call *call);
/* Who asks, for the audit trail: "uid:1000" for a peer of the control socket. */
const char *http_call_actor(const struct http_call *call);
/* The n-th {...} of the route's path, decoded. Never NULL for a part the route has. */
const char *http_call_part(const struct http_call *call, size_t n);
/* False if the first part cannot be the id of anything: the call has been answered with 404. */
bool http_call_id_is_good(struct http_call *call);
/* A query parameter, decoded; NULL if absent. The first one counts. */
const char *http_call_query(const struct http_call *call, const char *name);
/* A number from the query; `otherwise` if it is absent, not a number, or outside the range. */
unsigned http_call_query_number(const struct http_call *call, const char *name, unsigned least,
                                unsigned most, unsigned otherwise);
/* The body as a JSON object, owned by the call. An empty body is an empty object. NULL if it is
 * anything else: then the call has been answered with E4002 and must not be touched again. */
json_object *http_call_body(struct http_call *call);

/* ---- replies: each ends the call. Objects are taken over. ---- */

void http_reply_data(struct http_call *call, json_object *data);
void http_reply_page(struct http_call *call, json_object *array, uint64_t total, unsigned current,
                     unsigned page_size);
void http_reply_message(struct http_call *call, const char *message);
/* `code` is E and the three digits of the HTTP status and one more, e.g. "E4041". */
void http_reply_error(struct http_call *call, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The error for a result of the store that is not STORE_OK. `what` names the thing: "task", "file".
 */
void http_reply_store(struct http_call *call, enum store_result result, const char *what);
/* A file's bytes. Takes over the descriptor. */
void http_reply_file(struct http_call *call, int fd, uint64_t size, const char *content_type,
                     const char *name);

/* ---- http_events.c: a reply that does not end by itself ---- */

/* Answers with the events of one task (NULL: of all); `first` is sent at once if it is not NULL,
 * and taken over. */
void http_reply_events(struct http_call *call, const char *task_id, json_object *first);

#endif
