/* SPDX-License-Identifier: MIT */
/* The one envelope of every answer. */
#include "supervisor/http_internal.h"
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/http_conn.h"

#include <event2/buffer.h>
#include <event2/util.h>
#include <stdlib.h>
#include <string.h>

#define JSON_CONTENT_TYPE "application/json; charset=utf-8"

void http_reply_text(struct http_call *call, int status, struct evbuffer *body)
{
    http_set_header(call, "Content-Type", JSON_CONTENT_TYPE);
    if (call->conn != NULL && http_conn_fault(call->conn) != NULL)
        http_send_refusal(call, status, body);
    else
        http_send(call, status, body);
    evbuffer_free(body);
}

static void send_envelope(struct http_call *call, int status, json_object *envelope)
{
    struct evbuffer *body = evbuffer_new();
    const char *text;

    json_add_string(envelope, "trace_id", call->trace_id);
    text = json_object_to_json_string_ext(envelope,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    if (body == NULL || evbuffer_add(body, text, strlen(text)) != 0)
        abort();
    json_object_put(envelope);
    http_reply_text(call, status, body);
}

static json_object *success(json_object *data)
{
    json_object *envelope = json_object_new_object();

    json_add_string(envelope, "code", "0");
    json_object_object_add(envelope, "data", data);
    return envelope;
}

void http_reply_data(struct http_call *call, json_object *data)
{
    send_envelope(call, 200, success(data));
}

void http_reply_page(struct http_call *call, json_object *array, uint64_t total, unsigned current,
                     unsigned page_size)
{
    json_object *envelope = success(array);

    json_add_int(envelope, "total", (int64_t)total);
    json_add_int(envelope, "current", current);
    json_add_int(envelope, "page_size", page_size);
    send_envelope(call, 200, envelope);
}

void http_reply_message(struct http_call *call, const char *message)
{
    json_object *data = json_object_new_object();

    json_add_string(data, "message", message);
    http_reply_data(call, data);
}

/* Spread, so that those who were turned away together do not return together. */
static void add_retry_after(struct http_call *call)
{
    unsigned char random;
    char seconds[] = "1";

    if (evhttp_find_header(evhttp_request_get_output_headers(call->request), "Retry-After") != NULL)
        return; /* the handler knows better */
    evutil_secure_rng_get_bytes(&random, sizeof(random));
    seconds[0] = (char)('1' + random % 4);
    http_set_header(call, "Retry-After", seconds);
}

void http_reply_error(struct http_call *call, const char *code, const char *format, ...)
{
    json_object *envelope = json_object_new_object();
    int status = (code[1] - '0') * 100 + (code[2] - '0') * 10 + (code[3] - '0');
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = xvasprintf(format, arguments);
    va_end(arguments);
    json_add_string(envelope, "code", code);
    json_add_string(envelope, "err", text);
    free(text);
    if (status == 503 || status == 429)
        add_retry_after(call);
    send_envelope(call, status, envelope);
}

void http_reply_store(struct http_call *call, enum store_result result, const char *what)
{
    switch (result) {
    case STORE_NOT_FOUND:
        http_reply_error(call, "E4041", "there is no such %s", what);
        return;
    case STORE_CONFLICT:
        http_reply_error(call, "E4091", "the %s has changed meanwhile; look at it again", what);
        return;
    case STORE_UNAVAILABLE:
        http_reply_error(call, "E5031",
                         "the database is not available; nothing was changed, try again later");
        return;
    case STORE_UNCERTAIN:
        http_reply_error(call, "E5032",
                         "the database went silent; whether the change was made is not known, look "
                         "before you repeat it");
        return;
    default:
        http_reply_error(call, "E5001", "the %s could not be read or changed", what);
    }
}

void http_reply_bytes(struct http_call *call, const char *content_type, const void *bytes,
                      size_t size)
{
    struct evbuffer *body = evbuffer_new();

    if (body == NULL || evbuffer_add(body, bytes, size) != 0)
        abort();
    http_set_header(call, "Content-Type", content_type);
    http_send(call, 200, body);
    evbuffer_free(body);
}
