/* SPDX-License-Identifier: MIT */
/* The connections of both listeners. Each one stands between the network and evhttp: only complete,
 * strictly validated requests get through, one at a time; whatever is wrong with one becomes an
 * answer of ours. Deadlines and limits are kept here as well. Loop thread only. */
#ifndef SUPERVISOR_HTTP_CONN_H
#define SUPERVISOR_HTTP_CONN_H

#include "supervisor/http_head.h"
#include "supervisor/http_internal.h"
#include "supervisor/ip_range.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct app;
struct evbuffer;
struct evhttp;
struct evhttp_connection;
struct evhttp_request;
struct http_conn; /* lives as long as its socket */
struct http_conns;

/* ---- all of them ---- */

struct http_conns *http_conns_new(struct app *app);
/* After both evhttp objects, and with them the connections, are gone. */
void http_conns_free(struct http_conns *conns);
/* From now on everything this evhttp accepts is guarded. */
void http_conns_guard(struct http_conns *conns, struct evhttp *http, enum http_listener listener);
/* Those with a request or an answer under way, and those that have not sent their first. */
size_t http_conns_busy(const struct http_conns *conns);
/* The connection of a request that evhttp has just handed out. */
struct http_conn *http_conns_find(struct http_conns *conns, struct evhttp_request *request);

/* ---- one of them ---- */

/* What is wrong with the request; its bytes were thrown away, evhttp has got a stand-in. NULL if
 * nothing is. Such a request is answered with http_conn_refuse(). */
const struct http_fault *http_conn_fault(const struct http_conn *conn);
/* The other end; not meant on the control socket. */
const struct ip_address *http_conn_address(const struct http_conn *conn);
/* The peer of the control socket, and whether it may use it. Asked when it connected. */
bool http_conn_peer(const struct http_conn *conn, uid_t *uid);
/* True if the connection should end with the present answer. */
bool http_conn_is_last(const struct http_conn *conn);
/* Bytes of the answer that the client has not taken yet. */
size_t http_conn_unsent(const struct http_conn *conn);

/* The call is in flight now: call->conn is set, and cleared if the client's connection goes. */
void http_conn_begin(struct http_conn *conn, struct http_call *call);
/* The call is over. */
void http_conn_end(struct http_conn *conn);
/* The whole answer has been handed to evhttp. */
void http_conn_answered(struct http_conn *conn);

/* Called once when the connection of an answer in progress goes; the request is not to be touched
 * any more. */
typedef void (*http_conn_closed_fn)(void *arg);
/* The answer has been started and goes on by itself; the request belongs to the connection, the
 * call may be freed. `for_ever`: what the client still sends is thrown away, and its leaving is
 * noticed at once. */
void http_conn_stream(struct http_conn *conn, bool for_ever, http_conn_closed_fn closed, void *arg);
/* The next bytes of such an answer; `sent`, if not NULL, is called once all has been written. */
typedef void (*http_conn_sent_fn)(struct evhttp_connection *evcon, void *arg);
void http_conn_send(struct http_conn *conn, struct evbuffer *chunk, http_conn_sent_fn sent,
                    void *arg);
/* To be called just before evhttp is told that the answer is complete: `closed` is forgotten. */
void http_conn_stream_ends(struct http_conn *conn);
/* The answer, with Connection: close, has been started with evhttp; `body` is its rest. What the
 * client still sends is read and thrown away for a while, so that it can read the answer. */
void http_conn_refuse(struct http_conn *conn, struct evbuffer *body);
/* At once, with all that hangs on it. Not for a call in flight. */
void http_conn_close(struct http_conn *conn);

#endif
