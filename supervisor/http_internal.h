/* SPDX-License-Identifier: MIT */
/* What the http_* files share; nobody else includes it. */
#ifndef SUPERVISOR_HTTP_INTERNAL_H
#define SUPERVISOR_HTTP_INTERNAL_H

#include "common/id.h"
#include "supervisor/http_call.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#define HTTP_PARTS_MAX 2
#define HTTP_PART_SIZE 128
#define HTTP_ACTOR_SIZE 32

enum http_listener { HTTP_PUBLIC = 1, HTTP_CONTROL = 2 };

struct http_call {
    struct app *app;
    struct evhttp_request *request;
    enum http_listener listener;
    char trace_id[NONCE_SIZE];
    char actor[HTTP_ACTOR_SIZE];
    char parts[HTTP_PARTS_MAX][HTTP_PART_SIZE];
    struct evkeyvalq query;
    json_object *body;
};

struct http_call *http_call_new(struct app *app, struct evhttp_request *request,
                                enum http_listener listener);
/* After the last use of the request by us. */
void http_call_free(struct http_call *call);

/* Finds the route and calls its handler, or answers 404, 405. */
void http_route(struct http_call *call);

/* Headers that every answer carries. */
void http_add_headers(struct http_call *call, const char *content_type);

#endif
