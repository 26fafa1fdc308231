/* SPDX-License-Identifier: MIT */
/* Streams of server-sent events (WHATWG HTML, section 9.2). A reader who does not keep up, or
 * leaves, is cut off. */
#include "supervisor/http_internal.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/events.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <inttypes.h>
#include <stdlib.h>

#define PING_S 15
#define WAITING_MAX (1024 * 1024) /* bytes not read by the client */

struct stream {
    struct http_call *call;
    struct events_watch *watch;
    struct evhttp_connection *connection;
    struct event *ping;
    struct event *hang_up;
};

/* The connection is being freed, and the request with it. */
static void closed_cb(struct evhttp_connection *connection, void *arg)
{
    struct stream *stream = arg;

    (void)connection;
    events_unwatch(stream->watch);
    event_free(stream->ping);
    event_free(stream->hang_up);
    http_call_free(stream->call);
    free(stream);
}

static void send_chunk(struct stream *stream, struct evbuffer *text)
{
    struct evbuffer *output =
        bufferevent_get_output(evhttp_connection_get_bufferevent(stream->connection));

    if (evbuffer_get_length(output) > WAITING_MAX)
        event_active(stream->hang_up, EV_CLOSED, 0); /* not here: a watch is being told */
    else
        evhttp_send_reply_chunk(stream->call->request, text);
}

static void event_fn(void *arg, uint64_t number, const char *json)
{
    struct evbuffer *text = evbuffer_new();

    if (text == NULL ||
        evbuffer_add_printf(text, "id: %" PRIu64 "\nevent: task\ndata: %s\n\n", number, json) < 0)
        abort();
    send_chunk(arg, text);
    evbuffer_free(text);
}

static void ping_cb(evutil_socket_t fd, short what, void *arg)
{
    struct evbuffer *text = evbuffer_new();

    (void)fd, (void)what;
    if (text == NULL || evbuffer_add_printf(text, ": still here\n\n") < 0)
        abort();
    send_chunk(arg, text);
    evbuffer_free(text);
}

static void hang_up_cb(evutil_socket_t fd, short what, void *arg)
{
    struct stream *stream = arg;

    (void)fd, (void)what;
    evhttp_connection_free(stream->connection); /* ends in closed_cb */
}

void http_reply_events(struct http_call *call, const char *task_id, json_object *first)
{
    struct stream *stream = xcalloc(1, sizeof(*stream));
    struct timeval interval = {.tv_sec = PING_S};
    struct evhttp_connection *connection = evhttp_request_get_connection(call->request);
    evutil_socket_t fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));

    stream->call = call;
    stream->connection = connection;
    http_add_headers(call, "text/event-stream");
    evhttp_send_reply_start(call->request, 200, NULL);
    stream->ping = event_new(call->app->base, -1, EV_PERSIST, ping_cb, stream);
    event_add(stream->ping, &interval);
    stream->hang_up = event_new(call->app->base, fd, EV_CLOSED, hang_up_cb, stream);
    event_add(stream->hang_up, NULL);
    stream->watch = events_watch(call->app->events, task_id, event_fn, stream);
    evhttp_connection_set_closecb(connection, closed_cb, stream);
    if (first != NULL)
        event_fn(stream, 0,
                 json_object_to_json_string_ext(first, JSON_C_TO_STRING_PLAIN |
                                                           JSON_C_TO_STRING_NOSLASHESCAPE));
    else
        ping_cb(-1, 0, stream); /* so that the client knows it is watching */
    json_object_put(first);
}
