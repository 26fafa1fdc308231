/* SPDX-License-Identifier: MIT */
/* Streams of server-sent events (WHATWG HTML, section 9.2). A reader who does not keep up, leaves,
 * or may not see them any more is cut off. */
#include "supervisor/http_events.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/auth.h"
#include "supervisor/events.h"
#include "supervisor/http_conn.h"
#include "supervisor/http_internal.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define PING_S 15
#define WAITING_MAX (1024 * 1024) /* bytes not read by the client */
#define STREAMS_MAX 1024
#define STREAMS_OF_USER_MAX 16
#define MARK_DIGITS 8 /* of the incarnation, in front of each id */

struct stream {
    TAILQ_ENTRY(stream) link;
    struct app *app;
    struct principal *principal;
    struct http_conn *conn;
    struct evhttp_request *request;
    struct events_watch *watch;
    struct event *ping;
    struct event *hang_up;
};

static TAILQ_HEAD(, stream) streams = TAILQ_HEAD_INITIALIZER(streams);

static void stream_free(struct stream *stream)
{
    TAILQ_REMOVE(&streams, stream, link);
    events_unwatch(stream->watch);
    event_free(stream->ping);
    event_free(stream->hang_up);
    principal_unref(stream->principal);
    free(stream);
}

static void closed(void *arg)
{
    stream_free(arg);
}

/* ---- sending ---- */

static void send_text(struct stream *stream, struct evbuffer *text)
{
    if (http_conn_unsent(stream->conn) > WAITING_MAX)
        event_active(stream->hang_up, EV_TIMEOUT, 0); /* not here: a watch is being told */
    else
        http_conn_send(stream->conn, text, NULL, NULL);
    evbuffer_free(text);
}

static struct evbuffer *new_text(void)
{
    struct evbuffer *text = evbuffer_new();

    if (text == NULL)
        abort();
    return text;
}

static void event_fn(void *arg, uint64_t number, const char *json)
{
    struct stream *stream = arg;
    struct evbuffer *text = new_text();

    if (evbuffer_add_printf(text, "id: %.*s-%" PRIu64 "\nevent: task\ndata: ", MARK_DIGITS,
                            stream->app->mark_prefix, number) < 0 ||
        evbuffer_add(text, json, strlen(json)) != 0 || evbuffer_add(text, "\n\n", 2) != 0)
        abort();
    send_text(stream, text);
}

static void send_plain(struct stream *stream, const char *lines)
{
    struct evbuffer *text = new_text();

    if (evbuffer_add(text, lines, strlen(lines)) != 0)
        abort();
    send_text(stream, text);
}

/* A session may end while its streams go on. */
static void ping_cb(evutil_socket_t fd, short what, void *arg)
{
    struct stream *stream = arg;
    struct evhttp_request *request = stream->request;

    (void)fd, (void)what;
    if (auth_is_current(stream->app, stream->principal)) {
        send_plain(stream, ": still here\n\n");
        return;
    }
    http_conn_stream_ends(stream->conn);
    stream_free(stream);
    evhttp_send_reply_end(request);
}

static void hang_up_cb(evutil_socket_t fd, short what, void *arg)
{
    struct stream *stream = arg;

    (void)fd, (void)what;
    http_conn_close(stream->conn); /* ends in closed() */
}

/* ---- the beginning ---- */

/* The number in an id of this incarnation; false if it is another's, or none. */
static bool parse_id(const struct app *app, const char *id, uint64_t *number)
{
    char *end;

    if (id == NULL || strncmp(id, app->mark_prefix, MARK_DIGITS) != 0 || id[MARK_DIGITS] != '-' ||
        id[MARK_DIGITS + 1] < '0' || id[MARK_DIGITS + 1] > '9')
        return false;
    *number = strtoull(id + MARK_DIGITS + 1, &end, 10);
    return *end == '\0';
}

static void send_first(struct stream *stream, json_object *first)
{
    uint64_t number = events_last(stream->app->events);

    for (size_t i = 0; first != NULL && i < json_object_array_length(first); i++)
        event_fn(stream, number,
                 json_object_to_json_string_ext(json_object_array_get_idx(first, i),
                                                JSON_C_TO_STRING_PLAIN |
                                                    JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* What was missed, if that is known; else how things are now. */
static void begin(struct stream *stream, const char *last_id, json_object *first)
{
    uint64_t number;

    send_plain(stream, ": here you are\n\n"); /* so that the client knows it is watching */
    if (parse_id(stream->app, last_id, &number) && events_replay(stream->watch, number))
        return;
    if (last_id != NULL)
        send_plain(stream, "event: reset\ndata: {}\n\n");
    send_first(stream, first);
}

static struct stream *stream_new(struct http_call *call, const struct http_stream *what)
{
    struct stream *stream = xcalloc(1, sizeof(*stream));
    struct events_filter filter = {.task_id = what->task_id, .creator_id = what->creator_id};
    struct timeval interval = {.tv_sec = PING_S};

    stream->app = call->app;
    stream->principal = principal_ref(call->principal);
    stream->conn = call->conn;
    stream->request = call->request;
    stream->watch = events_watch(call->app->events, &filter, event_fn, stream);
    stream->ping = event_new(call->app->base, -1, EV_PERSIST, ping_cb, stream);
    stream->hang_up = event_new(call->app->base, -1, 0, hang_up_cb, stream);
    if (stream->ping == NULL || stream->hang_up == NULL || event_add(stream->ping, &interval) != 0)
        abort();
    TAILQ_INSERT_TAIL(&streams, stream, link);
    return stream;
}

static bool is_too_many(const struct principal *principal)
{
    const struct stream *stream;
    unsigned all = 0, own = 0;

    TAILQ_FOREACH(stream, &streams, link)
    {
        all++;
        own += strcmp(stream->principal->id, principal->id) == 0;
    }
    return all >= STREAMS_MAX || (principal->kind == PRINCIPAL_USER && own >= STREAMS_OF_USER_MAX);
}

static void start(struct http_call *call, const struct http_stream *what)
{
    char *last_id = xstrdup_or_null(http_call_header(call, "Last-Event-ID"));
    struct stream *stream = stream_new(call, what);

    http_set_header(call, "Connection", "close"); /* when it ends */
    http_send_start(call, 200);
    http_conn_stream(call->conn, true, closed, stream);
    http_call_free(call);
    begin(stream, last_id, what->first);
    free(last_id);
}

void http_reply_events(struct http_call *call, const struct http_stream *what)
{
    http_set_header(call, "Content-Type", "text/event-stream");
    if (is_too_many(call->principal))
        http_reply_error(call, "E4291", "too many event streams; close one, or wait");
    else if (call->conn == NULL || evhttp_request_get_command(call->request) == EVHTTP_REQ_HEAD)
        http_send(call, 200, NULL);
    else
        start(call, what);
    json_object_put(what->first);
}
