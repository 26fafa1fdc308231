/* SPDX-License-Identifier: MIT */
/* The last step of every answer: its headers, and the way through evhttp. */
#include "supervisor/http_internal.h"
#include "common/json_util.h"
#include "common/log.h"
#include "supervisor/app.h"
#include "supervisor/http_conn.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* evhttp refuses values that would break the framing; such a header is left out. */
void http_set_header(struct http_call *call, const char *name, const char *value)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(call->request);

    evhttp_remove_header(headers, name);
    if (evhttp_add_header(headers, name, value) != 0)
        log_warn("a value was refused for the header %s", name);
}

void http_add_vary(struct http_call *call, const char *name)
{
    const char *old = evhttp_find_header(evhttp_request_get_output_headers(call->request), "Vary");
    char value[128];

    snprintf(value, sizeof(value), "%s%s%s", old != NULL ? old : "", old != NULL ? ", " : "", name);
    http_set_header(call, "Vary", value);
}

static void set_default(struct http_call *call, const char *name, const char *value)
{
    if (evhttp_find_header(evhttp_request_get_output_headers(call->request), name) == NULL)
        http_set_header(call, name, value);
}

/* What every answer says unless its maker has said something else. */
static void add_defaults(struct http_call *call)
{
    http_set_header(call, "Trace-Id", call->trace_id);
    set_default(call, "Cache-Control", "no-store");
    set_default(call, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    http_set_header(call, "X-Content-Type-Options", "nosniff");
    http_set_header(call, "X-Frame-Options", "DENY");
    http_set_header(call, "Referrer-Policy", "no-referrer");
    http_cors_add(call);
    if (call->conn != NULL && http_conn_is_last(call->conn))
        http_set_header(call, "Connection", "close");
}

static void begin(struct http_call *call, int status)
{
    add_defaults(call);
    metrics_request(&call->app->metrics, call->listener == HTTP_CONTROL, status);
}

/* Those that evhttp does not know; NULL: it does. */
static const char *reason_of(int status)
{
    switch (status) {
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    default:
        return NULL;
    }
}

static bool is_without_body(const struct http_call *call)
{
    return evhttp_request_get_command(call->request) == EVHTTP_REQ_HEAD;
}

static void set_length(struct http_call *call, size_t length)
{
    char text[24];

    snprintf(text, sizeof(text), "%zu", length);
    set_default(call, "Content-Length", text);
}

void http_send(struct http_call *call, int status, struct evbuffer *body)
{
    struct http_conn *conn = call->conn;

    begin(call, status);
    if (body != NULL)
        set_length(call, evbuffer_get_length(body));
    evhttp_send_reply(call->request, status, reason_of(status),
                      is_without_body(call) ? NULL : body);
    if (conn != NULL)
        http_conn_answered(conn);
    http_call_free(call);
}

void http_send_start(struct http_call *call, int status)
{
    begin(call, status);
    evhttp_send_reply_start(call->request, status, reason_of(status));
}

void http_send_refusal(struct http_call *call, int status, struct evbuffer *body)
{
    struct http_conn *conn = call->conn;

    set_length(call, evbuffer_get_length(body));
    http_send_start(call, status);
    http_conn_refuse(conn, body);
    http_call_free(call);
}
