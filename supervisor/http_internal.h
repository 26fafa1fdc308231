/* SPDX-License-Identifier: MIT */
/* What the http_* files share; nobody else includes it. */
#ifndef SUPERVISOR_HTTP_INTERNAL_H
#define SUPERVISOR_HTTP_INTERNAL_H

#include "common/id.h"
#include "supervisor/http_call.h"
#include "supervisor/http_origin.h"
#include "supervisor/principal.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#define HTTP_PARTS_MAX 2
#define HTTP_PART_SIZE 128
#define HTTP_ADDRESS_SIZE 64
#define HTTP_SESSION_COOKIE "taskyard_session"
#define HTTP_SECURE_SESSION_COOKIE "__Host-taskyard_session" /* over HTTPS */

struct evbuffer;
struct task_type;
struct http_conn;

enum http_listener { HTTP_PUBLIC = 1, HTTP_CONTROL = 2 };

/* Who may use a route over the network. Peers of the control socket may use all rows of theirs. */
enum http_access {
    HTTP_ANYBODY, /* also without signing in; a bad Authorization header is refused all the same */
    HTTP_EXPIRED, /* any user, also one whose password has expired */
    HTTP_SIGNED_IN, /* any user */
    HTTP_PERMITTED  /* users with the row's permission */
};

struct http_route {
    enum evhttp_cmd_type method;
    const char *path; /* {} matches one part */
    int listeners;    /* HTTP_PUBLIC | HTTP_CONTROL */
    enum http_access access;
    const char *permission; /* of HTTP_PERMITTED, else NULL */
    void (*handle)(struct http_call *call);
};

struct http_call {
    struct app *app;
    struct evhttp_request *request;
    struct http_conn *conn; /* NULL once the client has left */
    enum http_listener listener;
    struct http_client client; /* not meant for a peer of the control socket */
    char trace_id[NONCE_SIZE];
    char address[HTTP_ADDRESS_SIZE]; /* of the client; "" for a peer of the control socket */
    struct principal *principal;
    struct store_actor who;
    int64_t started_ms;             /* monotonic */
    const char *path;               /* below the configured prefix; NULL: it is not below it */
    const struct http_route *route; /* NULL until it is found */
    struct task_type *type;         /* that declares the route: a reference; else NULL */
    struct http_route type_route;   /* of such a type */
    char parts[HTTP_PARTS_MAX][HTTP_PART_SIZE];
    char *cookie; /* NULL until it is asked for, and if there is none */
    struct evkeyvalq query;
    json_object *body;
    bool body_is_large;
};

struct http_call *http_call_new(struct app *app, struct evhttp_request *request,
                                enum http_listener listener, struct http_conn *conn);
/* After the last use of the request by us. */
void http_call_free(struct http_call *call);

/* Takes over the reference. */
void http_call_set_principal(struct http_call *call, struct principal *principal);

/* ---- http_body.c ---- */

/* Reads the body as JSON and calls `then`, at once or later, or answers. */
void http_body_read(struct http_call *call, void (*then)(struct http_call *call));
void http_body_free(struct http_call *call);

/* Finds the route and lets the call in; or answers 404, 405, or with a page of the console. */
void http_route(struct http_call *call);
/* "" for one that no route has. */
const char *http_method_name(enum evhttp_cmd_type method);

/* http_access.c: finds out who asks and calls the route's handler; or answers 401, 403, 415. */
void http_admit(struct http_call *call);

/* The bytes of body that a request may announce; `method` and `path` as they were sent. */
size_t http_route_body_max(const struct app *app, enum http_listener listener, const char *method,
                           const char *path);

/* ---- http_send.c: the last step of an answer ---- */

/* The answer depends on this header of the request. */
void http_add_vary(struct http_call *call, const char *name);
/* Ends the call. Adds what every answer carries; sends no body if none was asked for. The buffer
 * stays the caller's; NULL: there is no body. */
void http_send(struct http_call *call, int status, struct evbuffer *body);
/* Only the head; the rest is sent through the connection, which must be there. */
void http_send_start(struct http_call *call, int status);
/* The same as http_send() for a request with a fault: the connection ends with it. */
void http_send_refusal(struct http_call *call, int status, struct evbuffer *body);

/* ---- http_reply.c ---- */

/* An envelope that has been written already; the buffer is taken over. */
void http_reply_text(struct http_call *call, int status, struct evbuffer *body);

/* ---- http_static.c ---- */

/* Answers with a file of the web console, or its first page for an address of its own. False: there
 * is no such thing, nothing has been answered. */
bool http_reply_static(struct http_call *call, const char *path);

/* ---- http_cors.c ---- */

/* Headers that let scripts of a listed origin read the answer. */
void http_cors_add(struct http_call *call);
/* The answer to OPTIONS at an address that takes these methods. Ends the call. */
void http_reply_options(struct http_call *call, const char *allowed);

#endif
