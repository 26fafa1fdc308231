/* SPDX-License-Identifier: MIT */
/* One connection: raw bytes in, validated requests out. The bytes are taken out of the input buffer
 * in the moment libevent has read them, before evhttp looks (evbuffer_add_cb). */
#include "supervisor/http_conn_internal.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define RAW_MAX (64 * 1024)               /* bytes received ahead of the request that is answered */
#define DISCARD_MAX (64ULL * 1024 * 1024) /* bytes read from a client that was refused */
#define BODY_BYTES_MAX (64ULL * 1024 * 1024) /* declared at one time, at each door */
/* What evhttp gets instead of a request that is refused. */
#define STAND_IN "GET / HTTP/1.1\r\nHost: refused\r\nConnection: close\r\n\r\n"

static struct evbuffer *input_of(const struct http_conn *conn)
{
    return bufferevent_get_input(conn->bev);
}

static const struct config_http *limits_of(const struct http_conn *conn)
{
    return &http_conns_app(conn->door->conns)->config->http;
}

static void enter(struct http_conn *conn, enum http_conn_state state)
{
    conn->state = state;
    conn->since_ms = clock_ms();
}

/* ---- what evhttp gets ---- */

/* Only libevent's own reading may add to the input buffer of a bufferevent, unless asked. */
static void begin_feeding(struct http_conn *conn)
{
    conn->feeding = true;
    evbuffer_unfreeze(input_of(conn), 0);
}

static void end_feeding(struct http_conn *conn)
{
    evbuffer_freeze(input_of(conn), 0);
    conn->feeding = false;
}

static void feed(struct http_conn *conn, size_t size)
{
    begin_feeding(conn);
    if (evbuffer_remove_buffer(conn->raw, input_of(conn), size) != (int)size)
        abort();
    end_feeding(conn);
}

static void discard(struct http_conn *conn, struct evbuffer *buffer)
{
    size_t size = evbuffer_get_length(buffer);

    conn->discarded += size;
    conn->feeding = true;
    evbuffer_drain(buffer, size);
    conn->feeding = false;
}

static void refuse(struct http_conn *conn, struct http_fault fault)
{
    conn->fault = fault;
    conn->discarding = true;
    enter(conn, HTTP_CONN_CALL);
    discard(conn, conn->raw);
    begin_feeding(conn);
    if (evbuffer_add(input_of(conn), STAND_IN, sizeof(STAND_IN) - 1) != 0)
        abort();
    end_feeding(conn);
}

static void release_body(struct http_conn *conn)
{
    conn->door->body_bytes -= conn->body_reserved;
    conn->body_reserved = 0;
}

/* Whether there is room for the body that is announced. */
static struct http_fault check_body(struct http_conn *conn, const char *bytes)
{
    const struct http_head *head = &conn->head;
    char path[HTTP_TARGET_MAX + 1];
    size_t most;

    if (head->content_length == 0)
        return (struct http_fault){0};
    memcpy(path, bytes + head->path_at, head->path_length);
    path[head->path_length] = '\0';
    most = http_route_body_max(http_conns_app(conn->door->conns), conn->door->listener,
                               head->method, path);
    if (head->content_length > most)
        return (struct http_fault){"E4131", "the body is larger than this address takes"};
    if (conn->door->body_bytes + head->content_length > BODY_BYTES_MAX)
        return (struct http_fault){"E5031",
                                   "too many large requests at this moment; try again later"};
    return (struct http_fault){0};
}

static void admit(struct http_conn *conn, const char *bytes)
{
    struct http_fault fault = check_body(conn, bytes);
    size_t here;

    if (fault.code != NULL) {
        refuse(conn, fault);
        return;
    }
    conn->body_left = conn->body_reserved = conn->head.content_length;
    conn->door->body_bytes += conn->body_reserved;
    feed(conn, conn->head.size);
    here = evbuffer_get_length(conn->raw);
    if (here > conn->body_left)
        here = conn->body_left;
    feed(conn, here);
    conn->body_left -= here;
    enter(conn, conn->body_left > 0 ? HTTP_CONN_BODY : HTTP_CONN_CALL);
}

static void read_head(struct http_conn *conn)
{
    size_t size = evbuffer_get_length(conn->raw);
    const char *bytes;

    if (size == 0)
        return;
    bytes = (const char *)evbuffer_pullup(conn->raw, -1);
    if (bytes == NULL)
        abort();
    switch (http_head_read(&conn->head, bytes, size)) {
    case HTTP_HEAD_INCOMPLETE:
        return;
    case HTTP_HEAD_FAULTY:
        refuse(conn, conn->head.fault);
        return;
    case HTTP_HEAD_COMPLETE:
        admit(conn, bytes);
    }
}

/* Of the bytes that were just added to the input buffer, leaves the body's there. */
static void take_body(struct http_conn *conn, size_t added)
{
    struct evbuffer *input = input_of(conn), *fed;
    size_t before = evbuffer_get_length(input) - added;

    if (added <= conn->body_left) {
        conn->body_left -= added;
    } else {
        fed = evbuffer_new();
        if (fed == NULL)
            abort();
        conn->feeding = true;
        evbuffer_remove_buffer(input, fed, before + conn->body_left);
        evbuffer_add_buffer(conn->raw, input);
        evbuffer_add_buffer(input, fed);
        conn->feeding = false;
        evbuffer_free(fed);
        conn->body_left = 0;
    }
    if (conn->body_left == 0)
        enter(conn, HTTP_CONN_CALL);
}

static void take_all(struct http_conn *conn)
{
    conn->feeding = true;
    evbuffer_add_buffer(conn->raw, input_of(conn));
    conn->feeding = false;
    if (evbuffer_get_length(conn->raw) > RAW_MAX)
        bufferevent_disable(conn->bev, EV_READ); /* evhttp enables it for the next request */
}

static void input_cb(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    struct http_conn *conn = arg;

    if (conn->feeding || info->n_added == 0)
        return;
    if (conn->discarding) {
        discard(conn, input);
    } else if (conn->state == HTTP_CONN_BODY) {
        take_body(conn, info->n_added);
    } else {
        if (conn->state == HTTP_CONN_HEAD && evbuffer_get_length(conn->raw) == 0)
            conn->since_ms = clock_ms();
        take_all(conn);
        if (conn->state == HTTP_CONN_HEAD)
            read_head(conn);
    }
}

static void output_cb(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
    struct http_conn *conn = arg;

    (void)output;
    if (info->n_deleted > 0 || info->orig_size == 0)
        conn->progress_ms = clock_ms();
}

/* ---- life ---- */

struct http_conn *http_conn_new(struct http_door *door, struct bufferevent *bev)
{
    struct http_conn *conn = xcalloc(1, sizeof(*conn));

    conn->door = door;
    conn->bev = bev;
    conn->fd = -1;
    conn->raw = evbuffer_new();
    conn->input_cb = evbuffer_add_cb(bufferevent_get_input(bev), input_cb, conn);
    conn->output_cb = evbuffer_add_cb(bufferevent_get_output(bev), output_cb, conn);
    if (conn->raw == NULL || conn->input_cb == NULL || conn->output_cb == NULL)
        abort();
    return conn;
}

void http_conn_free(struct http_conn *conn)
{
    evbuffer_remove_cb_entry(bufferevent_get_input(conn->bev), conn->input_cb);
    evbuffer_remove_cb_entry(bufferevent_get_output(conn->bev), conn->output_cb);
    if (conn->call != NULL)
        conn->call->conn = NULL;
    if (conn->closed != NULL)
        conn->closed(conn->closed_arg);
    /* evhttp does not free a request that it has taken off a broken connection */
    if (conn->request != NULL && evhttp_request_get_connection(conn->request) == NULL)
        evhttp_request_free(conn->request);
    release_body(conn);
    evbuffer_free(conn->raw);
    free(conn);
}

void http_conn_open(struct http_conn *conn, struct evhttp_connection *evcon)
{
    conn->evcon = evcon;
    enter(conn, HTTP_CONN_HEAD);
}

void http_conn_close(struct http_conn *conn)
{
    evhttp_connection_free(conn->evcon); /* ends in http_conn_free() */
}

/* ---- deadlines ---- */

static void check_head(struct http_conn *conn, int64_t age_ms)
{
    if (evbuffer_get_length(conn->raw) == 0) {
        if (age_ms > limits_of(conn)->idle_timeout_ms)
            http_conn_close(conn);
    } else if (age_ms > limits_of(conn)->head_timeout_ms) {
        refuse(conn, (struct http_fault){"E4081", "the request did not arrive in time"});
        bufferevent_trigger(conn->bev, EV_READ, 0);
    }
}

static bool is_done_with_refused(const struct http_conn *conn, int64_t age_ms)
{
    bool has_body = conn->head.content_length > 0;

    return conn->discarded > DISCARD_MAX || age_ms > (has_body ? limits_of(conn)->body_timeout_ms
                                                               : limits_of(conn)->head_timeout_ms);
}

void http_conn_check(struct http_conn *conn, int64_t now_ms)
{
    int64_t age_ms = now_ms - conn->since_ms;

    switch (conn->state) {
    case HTTP_CONN_FRESH:
    case HTTP_CONN_CALL: /* the call has a deadline of its own, and holds the request */
        return;
    case HTTP_CONN_HEAD:
        check_head(conn, age_ms);
        return;
    case HTTP_CONN_BODY:
        if (age_ms > limits_of(conn)->body_timeout_ms)
            http_conn_close(conn);
        return;
    case HTTP_CONN_ANSWER:
        if (http_conn_unsent(conn) > 0 &&
            now_ms - conn->progress_ms > limits_of(conn)->write_timeout_ms)
            http_conn_close(conn);
        return;
    case HTTP_CONN_REFUSED:
        if (is_done_with_refused(conn, age_ms))
            http_conn_close(conn);
    }
}

/* ---- requests and answers ---- */

const struct http_fault *http_conn_fault(const struct http_conn *conn)
{
    return conn->fault.code != NULL ? &conn->fault : NULL;
}

const struct ip_address *http_conn_address(const struct http_conn *conn)
{
    return &conn->address;
}

bool http_conn_peer(const struct http_conn *conn, uid_t *uid)
{
    *uid = conn->uid;
    return conn->uid_may_control;
}

bool http_conn_is_last(const struct http_conn *conn)
{
    return conn->head.wants_close || conn->fault.code != NULL ||
           http_conns_app(conn->door->conns)->upgrading;
}

bool http_conn_is_busy(const struct http_conn *conn)
{
    switch (conn->state) {
    case HTTP_CONN_FRESH:
    case HTTP_CONN_BODY:
    case HTTP_CONN_CALL:
        return true;
    case HTTP_CONN_HEAD:
        return !conn->served || evbuffer_get_length(conn->raw) > 0;
    case HTTP_CONN_ANSWER:
        return !conn->endless;
    case HTTP_CONN_REFUSED:
        break;
    }
    return false;
}

size_t http_conn_unsent(const struct http_conn *conn)
{
    return evbuffer_get_length(bufferevent_get_output(conn->bev));
}

/* The answer has been sent. If the connection stays, the next request may already be here. */
static void complete_cb(struct evhttp_request *request, void *arg)
{
    struct http_conn *conn = arg;

    (void)request;
    release_body(conn);
    conn->request = NULL;
    if (conn->discarding || http_conn_is_last(conn))
        return;
    conn->head = (struct http_head){0};
    enter(conn, HTTP_CONN_HEAD);
    read_head(conn); /* evhttp looks for it by itself */
}

void http_conn_begin(struct http_conn *conn, struct http_call *call)
{
    conn->call = call;
    conn->served = true;
    call->conn = conn;
    evhttp_request_set_on_complete_cb(call->request, complete_cb, conn);
}

void http_conn_end(struct http_conn *conn)
{
    conn->call = NULL;
}

/* evhttp would take the end of what the client sends for the client's leaving, and drop the
 * answer; one that has really left makes writing fail. */
void http_conn_answered(struct http_conn *conn)
{
    enter(conn, HTTP_CONN_ANSWER);
    bufferevent_disable(conn->bev, EV_READ);
}

void http_conn_stream(struct http_conn *conn, bool for_ever, http_conn_closed_fn closed, void *arg)
{
    conn->request = conn->call->request;
    conn->closed = closed;
    conn->closed_arg = arg;
    enter(conn, HTTP_CONN_ANSWER);
    conn->endless = for_ever;
    if (for_ever) {
        conn->discarding = true;
        discard(conn, conn->raw);
    } else {
        bufferevent_disable(conn->bev, EV_READ);
    }
}

void http_conn_stream_ends(struct http_conn *conn)
{
    conn->closed = NULL;
    conn->request = NULL;
}

void http_conn_send(struct http_conn *conn, struct evbuffer *chunk, http_conn_sent_fn sent,
                    void *arg)
{
    evhttp_send_reply_chunk_with_cb(conn->request, chunk, sent, arg);
    if (conn->closed == NULL || !conn->discarding)
        bufferevent_disable(conn->bev, EV_READ); /* evhttp has enabled it */
}

static void refused_cb(struct evhttp_connection *evcon, void *arg)
{
    struct http_conn *conn = arg;

    (void)evcon;
    shutdown(conn->fd, SHUT_WR); /* nothing follows; the client may still be sending */
    bufferevent_enable(conn->bev, EV_READ);
}

void http_conn_refuse(struct http_conn *conn, struct evbuffer *body)
{
    conn->request = conn->call->request;
    enter(conn, HTTP_CONN_REFUSED);
    http_conn_send(conn, body, refused_cb, conn);
}
