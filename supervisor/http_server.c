/* SPDX-License-Identifier: MIT */
/* Two evhttp listeners, both guarded by http_conn. A listener that runs out of descriptors pauses
 * instead of spinning. */
#include "supervisor/http_server.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/handover.h"
#include "supervisor/http_conn.h"
#include "supervisor/http_internal.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPT_PAUSE_MS 100
#define LOG_PAUSE_MS 10000
#define BACKLOG 1024
/* All of them, so that the router and not libevent answers the ones that no route has. */
#define METHODS                                                                                    \
    (EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |     \
     EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH)

struct door {
    struct http_server *server;
    enum http_listener kind;
    struct evhttp *http;
    struct evconnlistener *listener; /* freed with http */
    struct event *resume;
};

struct http_server {
    struct app *app;
    struct http_conns *conns;
    struct door public_door;
    struct door control_door;
};

static void request_cb(struct evhttp_request *request, void *arg)
{
    struct door *door = arg;
    struct http_conn *conn = http_conns_find(door->server->conns, request);
    struct http_call *call = http_call_new(door->server->app, request, door->kind, conn);
    const struct http_fault *fault = http_conn_fault(conn);
    uid_t uid;

    if (fault != NULL) {
        http_reply_error(call, fault->code, "%s", fault->text);
        return;
    }
    if (door->kind == HTTP_CONTROL) {
        if (!http_conn_peer(conn, &uid)) {
            http_reply_error(call, "E4031", "uid %d may not use the control socket", (int)uid);
            return;
        }
        http_call_set_principal(call, principal_peer(uid));
    }
    http_route(call);
}

static void resume_cb(evutil_socket_t fd, short what, void *arg)
{
    struct door *door = arg;

    (void)fd, (void)what;
    evconnlistener_enable(door->listener);
}

/* libevent hands the callback below its own object, so the doors are found by their listeners. */
static struct http_server *running;

static struct door *door_of(const struct evconnlistener *listener)
{
    return running->public_door.listener == listener ? &running->public_door
                                                     : &running->control_door;
}

/* Without this libevent would try again at once, for ever, when no descriptor is left. */
static void accept_error_cb(struct evconnlistener *listener, void *arg)
{
    static int64_t last_logged_ms = -LOG_PAUSE_MS;
    struct timeval pause = {.tv_usec = ACCEPT_PAUSE_MS * 1000};
    int64_t now_ms = clock_ms();

    (void)arg;
    if (now_ms - last_logged_ms >= LOG_PAUSE_MS) {
        log_warn("connections cannot be accepted: %s", strerror(errno));
        last_logged_ms = now_ms;
    }
    evconnlistener_disable(listener);
    evtimer_add(door_of(listener)->resume, &pause);
}

static void open_door(struct door *door, struct http_server *server, enum http_listener kind,
                      struct evconnlistener *listener)
{
    struct event_base *base = server->app->base;

    door->server = server;
    door->kind = kind;
    door->listener = listener;
    door->resume = evtimer_new(base, resume_cb, door);
    door->http = evhttp_new(base);
    if (door->http == NULL)
        abort();
    evhttp_set_allowed_methods(door->http, METHODS);
    http_conns_guard(server->conns, door->http, kind);
    evhttp_set_gencb(door->http, request_cb, door);
    evhttp_bind_listener(door->http, listener);
    evconnlistener_set_error_cb(listener, accept_error_cb);
}

static void close_door(struct door *door)
{
    if (door->http == NULL)
        return;
    evhttp_free(door->http);
    event_free(door->resume);
    door->http = NULL;
}

static struct evconnlistener *listen_on(struct app *app, const struct sockaddr *address, int size)
{
    unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;

    return evconnlistener_new_bind(app->base, NULL, NULL, flags, BACKLOG, address, size);
}

/* A socket that an upgrade has left to us, if it is the one that the configuration names; else it
 * is closed: NULL. `is` may be NULL. */
static struct evconnlistener *listener_left(struct app *app, int *fd, const char *was,
                                            const char *is)
{
    if (*fd >= 0 && was != NULL && is != NULL && strcmp(was, is) == 0 && fd_set_cloexec(*fd, true))
        return evconnlistener_new(app->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE, 0, *fd);
    fd_close(fd);
    return NULL;
}

/* The socket is made under a umask that leaves it to us alone, then opened to the group. */
static struct evconnlistener *listen_control(struct app *app)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = app->config->control_socket;
    struct evconnlistener *listener;
    mode_t old;

    strcpy(address.sun_path, path); /* its length was checked with the configuration */
    unlink(path);                   /* a left-over: the lock on the state directory is ours */
    old = umask(0177);
    listener = listen_on(app, (struct sockaddr *)&address, sizeof(address));
    umask(old);
    if (listener == NULL) {
        log_error("cannot listen on %s: %s", path, strerror(errno));
        return NULL;
    }
    if (app->config->control_group != (gid_t)-1 &&
        chown(path, (uid_t)-1, app->config->control_group) != 0)
        log_warn("%s could not be given to the control group: %s", path, strerror(errno));
    if (chmod(path, 0660) != 0)
        log_warn("cannot set the rights of %s: %s", path, strerror(errno));
    return listener;
}

static struct evconnlistener *listen_public(struct app *app)
{
    struct evconnlistener *listener = NULL;
    struct sockaddr_storage address;
    int size = sizeof(address);
    char *text = xstrdup(app->config->listen);

    if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&address, &size) != 0)
        log_error("listen: \"%s\" is not an IP address and port", text);
    else if ((listener = listen_on(app, (struct sockaddr *)&address, size)) == NULL)
        log_error("cannot listen on %s: %s", text, strerror(errno));
    free(text);
    return listener;
}

/* The listeners that an upgrade has left, NULL where there are none. */
static void take_listeners_over(struct app *app, struct evconnlistener **public,
                                struct evconnlistener **control)
{
    struct handover *left = app->handover;

    if (left == NULL)
        return;
    *public = listener_left(app, &left->public_fd, left->listen, app->config->listen);
    *control =
        listener_left(app, &left->control_fd, left->control_socket, app->config->control_socket);
}

static bool listen_on_both(struct app *app, struct evconnlistener **public,
                           struct evconnlistener **control)
{
    take_listeners_over(app, public, control);
    if (*public == NULL && app->config->listen != NULL)
        *public = listen_public(app);
    if (*public == NULL && app->config->listen != NULL)
        return false;
    if (*control == NULL)
        *control = listen_control(app);
    if (*control == NULL && *public != NULL)
        evconnlistener_free(*public);
    return *control != NULL;
}

struct http_server *http_server_new(struct app *app)
{
    struct http_server *server = xcalloc(1, sizeof(*server));
    struct evconnlistener *control = NULL, *public = NULL;

    server->app = app;
    if (!listen_on_both(app, &public, &control)) {
        free(server);
        return NULL;
    }
    server->conns = http_conns_new(app);
    running = server;
    if (public != NULL)
        open_door(&server->public_door, server, HTTP_PUBLIC, public);
    open_door(&server->control_door, server, HTTP_CONTROL, control);
    return server;
}

void http_server_stop_listening(struct http_server *server)
{
    if (server->public_door.http != NULL)
        evconnlistener_disable(server->public_door.listener);
}

/* ---- an upgrade ---- */

void http_server_hold(struct http_server *server, bool hold)
{
    struct door *doors[] = {&server->public_door, &server->control_door};

    for (size_t i = 0; i < 2; i++) {
        if (doors[i]->http == NULL)
            continue;
        evtimer_del(doors[i]->resume);
        if (hold)
            evconnlistener_disable(doors[i]->listener);
        else
            evconnlistener_enable(doors[i]->listener);
    }
}

size_t http_server_busy(const struct http_server *server)
{
    return http_conns_busy(server->conns);
}

static int door_fd(const struct door *door)
{
    return door->http != NULL ? evconnlistener_get_fd(door->listener) : -1;
}

void http_server_hand_over(const struct http_server *server, int *public_fd, int *control_fd)
{
    *public_fd = door_fd(&server->public_door);
    *control_fd = door_fd(&server->control_door);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    close_door(&server->public_door);
    close_door(&server->control_door);
    http_conns_free(server->conns);
    unlink(server->app->config->control_socket);
    free(server);
}
