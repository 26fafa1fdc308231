/* SPDX-License-Identifier: MIT */
/* Reading a request. What is malformed is answered here, so that handlers see good input only. */
#include "supervisor/http_internal.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define BODY_MAX (8 * 1024 * 1024)

struct http_call *http_call_new(struct app *app, struct evhttp_request *request,
                                enum http_listener listener)
{
    struct http_call *call = xcalloc(1, sizeof(*call));
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *query = evhttp_uri_get_query(uri);

    call->app = app;
    call->request = request;
    call->listener = listener;
    nonce_new(call->trace_id);
    TAILQ_INIT(&call->query);
    if (query != NULL)
        evhttp_parse_query_str(query, &call->query);
    return call;
}

void http_call_free(struct http_call *call)
{
    evhttp_clear_headers(&call->query);
    json_object_put(call->body);
    free(call);
}

struct app *http_call_app(const struct http_call *call)
{
    return call->app;
}

const char *http_call_actor(const struct http_call *call)
{
    return call->actor;
}

const char *http_call_part(const struct http_call *call, size_t n)
{
    return call->parts[n];
}

bool http_call_id_is_good(struct http_call *call)
{
    if (id_is_valid(call->parts[0]))
        return true;
    http_reply_store(call, STORE_NOT_FOUND, "task");
    return false;
}

const char *http_call_query(const struct http_call *call, const char *name)
{
    return evhttp_find_header(&call->query, name);
}

unsigned http_call_query_number(const struct http_call *call, const char *name, unsigned least,
                                unsigned most, unsigned otherwise)
{
    const char *text = http_call_query(call, name);
    char *end;
    unsigned long value;

    if (text == NULL || text[0] < '0' || text[0] > '9')
        return otherwise;
    value = strtoul(text, &end, 10);
    return *end == '\0' && value >= least && value <= most ? (unsigned)value : otherwise;
}

json_object *http_call_body(struct http_call *call)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(call->request);
    size_t size = evbuffer_get_length(input);
    const char *why = NULL;

    if (call->body != NULL)
        return call->body;
    if (size > BODY_MAX) {
        http_reply_error(call, "E4131", "the body is larger than %d bytes", BODY_MAX);
        return NULL;
    }
    if (size == 0) {
        call->body = json_object_new_object();
        return call->body;
    }
    call->body = json_parse_text((const char *)evbuffer_pullup(input, -1), size, &why);
    if (call->body != NULL && !json_object_is_type(call->body, json_type_object)) {
        why = "is JSON, but not an object";
        json_object_put(call->body);
        call->body = NULL;
    }
    if (call->body == NULL)
        http_reply_error(call, "E4002", "the body %s", why);
    return call->body;
}
