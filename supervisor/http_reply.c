/* SPDX-License-Identifier: MIT */
/* The one envelope of every answer, and the files. */
#include "supervisor/http_internal.h"
#include "common/json_util.h"
#include "common/log.h"
#include "common/xalloc.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JSON_CONTENT_TYPE "application/json; charset=utf-8"

/* evhttp refuses values that would break the framing; such a header is left out. */
static void add_header(struct http_call *call, const char *name, const char *value)
{
    if (evhttp_add_header(evhttp_request_get_output_headers(call->request), name, value) != 0)
        log_warn("a value was refused for the header %s", name);
}

void http_add_headers(struct http_call *call, const char *content_type)
{
    add_header(call, "Content-Type", content_type);
    add_header(call, "Trace-Id", call->trace_id);
    add_header(call, "Cache-Control", "no-store");
    add_header(call, "X-Content-Type-Options", "nosniff");
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
    http_add_headers(call, JSON_CONTENT_TYPE);
    evhttp_send_reply(call->request, status, NULL, body);
    evbuffer_free(body);
    json_object_put(envelope);
    http_call_free(call);
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
    if (status == 503)
        add_header(call, "Retry-After", "1");
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

/* RFC 6266 with the characters that would need escaping taken out. */
static void add_disposition(struct http_call *call, const char *name)
{
    char *safe = xstrdup(name), *value;

    for (char *c = safe; *c != '\0'; c++)
        if (*c == '"' || *c == '\\' || *c < 0x20 || *c == 0x7f)
            *c = '_';
    value = xasprintf("attachment; filename=\"%s\"", safe);
    add_header(call, "Content-Disposition", value);
    free(value);
    free(safe);
}

void http_reply_file(struct http_call *call, int fd, uint64_t size, const char *content_type,
                     const char *name)
{
    struct evbuffer *body = evbuffer_new();

    if (body == NULL)
        abort();
    http_add_headers(call, content_type);
    add_disposition(call, name);
    if (size > 0 && evbuffer_add_file(body, fd, 0, (ev_off_t)size) != 0)
        close(fd);
    if (size == 0)
        close(fd);
    evhttp_send_reply(call->request, 200, NULL, body);
    evbuffer_free(body);
    http_call_free(call);
}
