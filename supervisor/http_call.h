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
struct evbuffer;
struct http_call;
struct principal;
struct task_type;

struct app *http_call_app(const struct http_call *call);
/* Who asks and what he may do. Never NULL; the call's, until the reply. */
const struct principal *http_call_principal(const struct http_call *call);
/* The same for the service and the store: who is noted, from where, and what exists for him. */
const struct store_actor *http_call_who(const struct http_call *call);
/* How long the request may wait for the database, in milliseconds: short for the network, so that
 * a missing database is told within 250 ms. */
unsigned http_call_deadline(const struct http_call *call);
/* False if he lacks the permission: the call has been answered with 403. For what depends on the
 * request; what depends on the route alone stands in its row. */
bool http_call_may(struct http_call *call, const char *permission);
/* True for a peer of the control socket, and for a client on this machine that no proxy speaks for.
 */
bool http_call_is_local(const struct http_call *call);
/* The type whose descriptor declares the address; NULL if the address is the service's own. */
const struct task_type *http_call_type(const struct http_call *call);
/* The n-th {...} of the route's path, decoded. Never NULL for a part the route has. */
const char *http_call_part(const struct http_call *call, size_t n);
/* False if the first part cannot be the id of anything: the call has been answered with 404. */
bool http_call_id_is_good(struct http_call *call);
/* A header of the request; NULL if absent. */
const char *http_call_header(const struct http_call *call, const char *name);
/* The client's address, behind trusted proxies; "" for a peer of the control socket. */
const char *http_call_address(const struct http_call *call);
/* Whether the client has reached us over HTTPS: true only if a trusted proxy says so. */
bool http_call_is_https(const struct http_call *call);
/* False if a page of another site may have sent the request: then cookies must not count for
 * anything that changes something. */
bool http_call_is_same_origin(const struct http_call *call);
/* The token in the session cookie; NULL if there is none, or more than one. The call's. */
const char *http_call_cookie(struct http_call *call);
/* Has the answer give the client that session cookie; "" and 0 take it away. */
void http_call_set_cookie(struct http_call *call, const char *token, long max_age_s);
/* A header of the answer, in place of one of the same name. A value that could not be sent is
 * logged and left out. */
void http_set_header(struct http_call *call, const char *name, const char *value);
/* A query parameter, decoded; NULL if absent. The first one counts. */
const char *http_call_query(const struct http_call *call, const char *name);
/* A number from the query; `otherwise` if it is absent, not a number, or outside the range. */
unsigned http_call_query_number(const struct http_call *call, const char *name, unsigned least,
                                unsigned most, unsigned otherwise);
/* The body as a JSON object, owned by the call; an empty one if there was no body. Anything else
 * has been answered before a handler is called. NULL only for a form. */
json_object *http_call_body(const struct http_call *call);
/* The body as it came, taken out of the request: the caller frees the buffer. */
struct evbuffer *http_call_take_body(struct http_call *call);

/* ---- replies: each ends the call. Objects are taken over. ---- */

void http_reply_data(struct http_call *call, json_object *data);
void http_reply_page(struct http_call *call, json_object *array, uint64_t total, unsigned current,
                     unsigned page_size);
void http_reply_message(struct http_call *call, const char *message);
/* `code` is E and the three digits of the HTTP status and one more, e.g. "E4041". */
void http_reply_error(struct http_call *call, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The answer to one who may not do that: 403, and a row of the audit trail unless it is a GET. */
void http_reply_forbidden(struct http_call *call);
/* The error for a result of the store that is not STORE_OK. `what` names the thing: "task", "file".
 */
void http_reply_store(struct http_call *call, enum store_result result, const char *what);
/* Bytes as they are, not in an envelope; copied. */
void http_reply_bytes(struct http_call *call, const char *content_type, const void *bytes,
                      size_t size);
/* Files: http_file.h. Streams of events: http_events.h. */

#endif
