/* SPDX-License-Identifier: MIT */
/* Two evhttp listeners. The control socket is for peers whose credentials (SO_PEERCRED, unix(7))
 * name root, the service's own user or a member of the control group. A listener that runs out of
 * descriptors pauses instead of spinning. */
#include "supervisor/http_server.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/http_internal.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HEADERS_MAX (16 * 1024)
/* Beyond these libevent itself answers 413 without our envelope, so the local door has room for
 * telling a module properly. */
#define PUBLIC_BODY_MAX (1024 * 1024)
#define CONTROL_BODY_MAX (64 * 1024 * 1024)
#define IDLE_TIMEOUT_S 60
#define ACCEPT_PAUSE_MS 100
#define BACKLOG 128
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
    struct door public_door;
    struct door control_door;
};

static bool is_member(uid_t uid, gid_t gid, gid_t group)
{
    struct passwd *user;
    gid_t groups[64];
    int count = 64;

    if (group == (gid_t)-1)
        return false;
    if (gid == group)
        return true;
    user = getpwuid(uid);
    if (user == NULL || getgrouplist(user->pw_name, gid, groups, &count) < 0)
        return false;
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

static bool peer_may_control(const struct app *app, evutil_socket_t fd, struct ucred *peer)
{
    socklen_t size = sizeof(*peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) != 0)
        return false;
    return peer->uid == 0 || peer->uid == geteuid() ||
           is_member(peer->uid, peer->gid, app->config->control_group);
}

static void request_cb(struct evhttp_request *request, void *arg)
{
    struct door *door = arg;
    struct http_call *call = http_call_new(door->server->app, request, door->kind);
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    struct ucred peer = {.uid = (uid_t)-1};

    if (door->kind == HTTP_CONTROL) {
        evutil_socket_t fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
        if (!peer_may_control(call->app, fd, &peer)) {
            http_reply_error(call, "E4031", "uid %d may not use the control socket", (int)peer.uid);
            return;
        }
        snprintf(call->actor, sizeof(call->actor), "uid:%d", (int)peer.uid);
    }
    http_route(call);
}

static void resume_cb(evutil_socket_t fd, short what, void *arg)
{
    struct door *door = arg;

    (void)fd, (void)what;
    evconnlistener_enable(door->listener);
}

/* Without this libevent would try again at once, for ever, when no descriptor is left. */
static void accept_error_cb(struct evconnlistener *listener, void *arg)
{
    static time_t last_logged;
    struct timeval pause = {.tv_usec = ACCEPT_PAUSE_MS * 1000};
    struct door *door = arg;
    time_t now = time(NULL);

    if (now - last_logged >= 10)
        log_warn("connections cannot be accepted: %s", strerror(errno));
    last_logged = now - last_logged >= 10 ? now : last_logged;
    evconnlistener_disable(listener);
    evtimer_add(door->resume, &pause);
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
    evhttp_set_max_headers_size(door->http, HEADERS_MAX);
    evhttp_set_max_body_size(door->http, kind == HTTP_CONTROL ? CONTROL_BODY_MAX : PUBLIC_BODY_MAX);
    evhttp_set_allowed_methods(door->http, METHODS);
    evhttp_set_timeout(door->http, IDLE_TIMEOUT_S);
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

struct http_server *http_server_new(struct app *app)
{
    struct http_server *server = xcalloc(1, sizeof(*server));
    struct evconnlistener *control, *public = NULL;

    server->app = app;
    if (app->config->listen != NULL && (public = listen_public(app)) == NULL) {
        free(server);
        return NULL;
    }
    control = listen_control(app);
    if (control == NULL) {
        if (public != NULL)
            evconnlistener_free(public);
        free(server);
        return NULL;
    }
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

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    close_door(&server->public_door);
    close_door(&server->control_door);
    unlink(server->app->config->control_socket);
    free(server);
}
