/* SPDX-License-Identifier: MIT */
/* Reading a request. What is malformed is answered here, so that handlers see good input only. */
#include "supervisor/http_internal.h"
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/http_conn.h"
#include "supervisor/type.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* Who looks at something over the network hears of a missing database within 250 ms; a change may
 * wait for a slow disk, and a module on this machine for a busy database. One that is known to be
 * away is told of at once. */
#define LOOK_DEADLINE_MS 230
#define DEADLINE_MS 2000
#define DEADLINE_LEAST_MS 20 /* however long it took to find out who asks */

/* All headers of a name as one list, in their order; NULL if there is none. To be freed. */
static char *joined_header(const struct http_call *call, const char *name)
{
    struct evkeyval *header;
    char *list = NULL, *longer;

    TAILQ_FOREACH(header, evhttp_request_get_input_headers(call->request), next)
    if (strcasecmp(header->key, name) == 0) {
        longer = list != NULL ? xasprintf("%s,%s", list, header->value) : xstrdup(header->value);
        free(list);
        list = longer;
    }
    return list;
}

static void find_client(struct http_call *call)
{
    char *for_list = joined_header(call, "X-Forwarded-For");
    char *proto = joined_header(call, "X-Forwarded-Proto");
    char *host = joined_header(call, "X-Forwarded-Host");
    struct http_forwarded forwarded = {for_list, proto, host};

    http_client_find(&call->client, &call->app->config->http, http_conn_address(call->conn),
                     http_call_header(call, "Host"), &forwarded);
    ip_address_format(&call->client.address, call->address);
    free(for_list);
    free(proto);
    free(host);
}

/* libevent reads all of a query or nothing: one word without a value, as in "?refresh&page=2",
 * would hide the other parameters. Such a word is given an empty value, and what has no name goes.
 */
static void read_query(struct evkeyvalq *parameters, const char *query)
{
    char *copy = xstrdup(query), *rest = copy, *part;
    char *whole = xcalloc(1, 2 * strlen(query) + 1), *end = whole;

    while ((part = strsep(&rest, "&")) != NULL)
        if (part[0] != '\0' && part[0] != '=')
            end += sprintf(end, "%s%s%s", end > whole ? "&" : "", part,
                           strchr(part, '=') != NULL ? "" : "=");
    evhttp_parse_query_str(whole, parameters);
    free(whole);
    free(copy);
}

struct http_call *http_call_new(struct app *app, struct evhttp_request *request,
                                enum http_listener listener, struct http_conn *conn)
{
    struct http_call *call = xcalloc(1, sizeof(*call));
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *query = evhttp_uri_get_query(uri);

    call->app = app;
    call->request = request;
    call->listener = listener;
    call->started_ms = clock_ms();
    http_conn_begin(conn, call);
    call->path = evhttp_uri_get_path(uri);
    if (listener == HTTP_PUBLIC) {
        call->path = config_http_strip(&app->config->http, call->path);
        find_client(call);
    }
    nonce_new(call->trace_id);
    http_call_set_principal(call, principal_new(PRINCIPAL_ANONYMOUS, ""));
    TAILQ_INIT(&call->query);
    if (query != NULL)
        read_query(&call->query, query);
    return call;
}

void http_call_free(struct http_call *call)
{
    if (call->conn != NULL)
        http_conn_end(call->conn);
    evhttp_clear_headers(&call->query);
    http_body_free(call);
    principal_unref(call->principal);
    type_unref(call->type);
    free(call->cookie);
    free(call);
}

struct app *http_call_app(const struct http_call *call)
{
    return call->app;
}

const struct principal *http_call_principal(const struct http_call *call)
{
    return call->principal;
}

const struct store_actor *http_call_who(const struct http_call *call)
{
    return &call->who;
}

unsigned http_call_deadline(const struct http_call *call)
{
    return call->who.deadline_ms;
}

/* What is left of the time for the database: finding out who asks has taken its part of it. */
static unsigned time_left(const struct http_call *call)
{
    bool looks = evhttp_request_get_command(call->request) & (EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    int64_t limit = call->listener == HTTP_PUBLIC && looks ? LOOK_DEADLINE_MS : DEADLINE_MS;
    int64_t left = limit - (clock_ms() - call->started_ms);

    return (unsigned)(left > DEADLINE_LEAST_MS ? left : DEADLINE_LEAST_MS);
}

void http_call_set_principal(struct http_call *call, struct principal *principal)
{
    principal_unref(call->principal);
    call->principal = principal;
    call->who = (struct store_actor){.id = principal->id,
                                     .address = call->address[0] != '\0' ? call->address : NULL,
                                     .sees_all = principal->sees_all,
                                     .deadline_ms = time_left(call)};
}

bool http_call_may(struct http_call *call, const char *permission)
{
    if (principal_may(call->principal, permission))
        return true;
    http_reply_error(call, "E4031", "No permission to perform this operation");
    return false;
}

const struct task_type *http_call_type(const struct http_call *call)
{
    return call->type;
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

const char *http_call_header(const struct http_call *call, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(call->request), name);
}

bool http_call_is_local(const struct http_call *call)
{
    static const char *const forwarded[] = {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"};

    if (call->principal->kind == PRINCIPAL_PEER)
        return true;
    for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
        if (http_call_header(call, forwarded[i]) != NULL)
            return false;
    return call->conn != NULL && ip_address_is_loopback(http_conn_address(call->conn));
}

const char *http_call_address(const struct http_call *call)
{
    return call->address;
}

bool http_call_is_https(const struct http_call *call)
{
    return call->client.is_https;
}

bool http_call_is_same_origin(const struct http_call *call)
{
    return http_origin_is_same(&call->client, http_call_header(call, "Origin"),
                               http_call_header(call, "Sec-Fetch-Site"));
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

json_object *http_call_body(const struct http_call *call)
{
    return call->body;
}

struct evbuffer *http_call_take_body(struct http_call *call)
{
    struct evbuffer *body = evbuffer_new();

    if (body == NULL ||
        evbuffer_add_buffer(body, evhttp_request_get_input_buffer(call->request)) != 0)
        abort();
    return body;
}
