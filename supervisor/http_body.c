/* SPDX-License-Identifier: MIT */
/* The JSON of a request. A megabyte of it can be half a million values, which would hold the loop
 * up: large bodies are read, and given up, on a thread of their own. */
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/http_internal.h"
#include "supervisor/offload.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE_MAX (32 * 1024)

struct reading {
    struct http_call *call;
    void (*then)(struct http_call *call);
    struct evbuffer *bytes;
    bool has_payload; /* a value that is handed on as it is */
    json_object *body;
    const char *why;
};

static void parse(struct reading *reading)
{
    size_t size = evbuffer_get_length(reading->bytes);
    const char *text = (const char *)evbuffer_pullup(reading->bytes, -1);

    reading->body = reading->has_payload ? json_parse_exact(text, size, &reading->why)
                                         : json_parse_text(text, size, &reading->why);
}

/* Ends the reading, but not its bytes. */
static void go_on(const struct reading *reading)
{
    struct http_call *call = reading->call;

    call->body = reading->body;
    if (json_object_is_type(call->body, json_type_object))
        reading->then(call);
    else
        http_reply_error(call, "E4002", "the body %s",
                         call->body != NULL ? "is JSON, but not an object" : reading->why);
}

/* A payload that is not a string is stored as its text. */
static void write_payload(json_object *body)
{
    json_object *payload;
    const char *text;
    size_t size;

    if (!json_object_is_type(body, json_type_object) ||
        !json_object_object_get_ex(body, "payload", &payload) || payload == NULL ||
        json_object_is_type(payload, json_type_string))
        return;
    text = json_object_to_json_string_length(
        payload, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);
    json_object_object_add(body, "payload", json_object_new_string_len(text, (int)size));
}

static void read_work(void *arg)
{
    struct reading *reading = arg;

    parse(reading);
    if (reading->has_payload)
        write_payload(reading->body);
}

static void read_cb(void *arg)
{
    struct reading *reading = arg;

    evbuffer_free(reading->bytes);
    go_on(reading);
    free(reading);
}

void http_body_read(struct http_call *call, void (*then)(struct http_call *call))
{
    struct evbuffer *input = evhttp_request_get_input_buffer(call->request);
    struct reading reading = {.call = call,
                              .then = then,
                              .bytes = input,
                              .has_payload = strcmp(call->route->path, "/api/tasks") == 0},
                   *later;

    if (evbuffer_get_length(input) == 0) {
        call->body = json_object_new_object();
        then(call);
        return;
    }
    if (evbuffer_get_length(input) <= AT_ONCE_MAX) {
        parse(&reading);
        go_on(&reading);
        return;
    }
    later = xcalloc(1, sizeof(*later));
    *later = reading;
    later->bytes = http_call_take_body(call);
    call->body_is_large = true;
    offload_run(call->app->json_thread, read_work, read_cb, later);
}

static void free_work(void *arg)
{
    json_object_put(arg);
}

void http_body_free(struct http_call *call)
{
    if (call->body_is_large && call->app->json_thread != NULL)
        offload_run(call->app->json_thread, free_work, NULL, call->body);
    else
        json_object_put(call->body);
}
