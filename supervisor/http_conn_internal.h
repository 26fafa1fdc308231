/* SPDX-License-Identifier: MIT */
/* What http_conn.c and http_conns.c share; nobody else includes it. */
#ifndef SUPERVISOR_HTTP_CONN_INTERNAL_H
#define SUPERVISOR_HTTP_CONN_INTERNAL_H

#include "supervisor/http_conn.h"

#include <stdint.h>
#include <sys/queue.h>

struct bufferevent;
struct evbuffer;
struct evbuffer_cb_entry;

enum http_conn_state {
    HTTP_CONN_FRESH,   /* evhttp has not finished accepting it */
    HTTP_CONN_HEAD,    /* waits for a request, or for the end of its head */
    HTTP_CONN_BODY,    /* evhttp has the head and waits for the body */
    HTTP_CONN_CALL,    /* evhttp has a whole request, or its answer is awaited */
    HTTP_CONN_ANSWER,  /* the answer is on its way */
    HTTP_CONN_REFUSED, /* the answer to a fault is; nothing follows */
};

/* One for each listener. */
struct http_door {
    struct http_conns *conns;
    enum http_listener listener;
    size_t count;      /* of connections */
    size_t body_bytes; /* declared by requests that are not answered yet */
};

struct http_conn {
    TAILQ_ENTRY(http_conn) link;
    struct http_door *door;
    enum http_conn_state state;
    int fd;
    struct bufferevent *bev;
    struct evhttp_connection *evcon;
    struct evbuffer_cb_entry *input_cb, *output_cb;
    struct ip_address address;
    uid_t uid; /* of a peer of the control socket */
    bool uid_may_control;

    struct evbuffer *raw; /* received, and not looked at by evhttp */
    bool feeding;         /* we change the input buffer ourselves */
    bool discarding;      /* what is received is thrown away */
    bool served;          /* it has had a request */
    bool endless;         /* its answer never ends by itself */
    struct http_head head;
    struct http_fault fault;
    size_t body_left;     /* bytes of the body that have not been received */
    size_t body_reserved; /* our part of the door's body_bytes */
    uint64_t discarded;

    int64_t since_ms;    /* when the state, or within HTTP_CONN_HEAD the request, began */
    int64_t progress_ms; /* when the client last took a byte of the answer */

    struct http_call *call;         /* in flight */
    struct evhttp_request *request; /* of an answer that goes on by itself */
    http_conn_closed_fn closed;
    void *closed_arg;
};

TAILQ_HEAD(http_conn_list, http_conn);

/* http_conns.c */
struct app *http_conns_app(const struct http_conns *conns);

/* http_conn.c */
struct http_conn *http_conn_new(struct http_door *door, struct bufferevent *bev);
void http_conn_free(struct http_conn *conn);
/* It was accepted: requests may come. */
void http_conn_open(struct http_conn *conn, struct evhttp_connection *evcon);
bool http_conn_is_busy(const struct http_conn *conn);
/* Ends what has lasted too long. The connection may be gone afterwards. */
void http_conn_check(struct http_conn *conn, int64_t now_ms);

#endif
