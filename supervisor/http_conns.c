/* SPDX-License-Identifier: MIT */
/* All connections: how they come under guard, how many there may be, and the sweep that ends what
 * lasts too long. */
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/http_conn_internal.h"
#include "supervisor/http_peer.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SWEEP_MS 1000
#define RESERVED_FILES 64 /* at least: for workers, the database, files */

struct http_conns {
    struct app *app;
    struct http_door doors[2]; /* public, control */
    struct http_conn_list fresh;
    struct http_conn_list all;
    struct http_conn **by_fd;
    size_t by_fd_size;
    size_t most;          /* connections at both doors */
    struct event *accept; /* looks at the fresh ones */
    struct event *sweep;
};

struct app *http_conns_app(const struct http_conns *conns)
{
    return conns->app;
}

/* ---- accepting ---- */

/* Called by evhttp for each new socket, which it gives to the bufferevent afterwards. */
static struct bufferevent *new_connection_cb(struct event_base *base, void *arg)
{
    struct http_door *door = arg;
    struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    struct http_conn *conn;

    if (bev == NULL)
        abort();
    conn = http_conn_new(door, bev);
    bufferevent_incref(bev); /* evhttp may fail and free it before we have looked */
    TAILQ_INSERT_TAIL(&door->conns->fresh, conn, link);
    event_active(door->conns->accept, EV_TIMEOUT, 0);
    return bev;
}

static void add_to_count(struct http_door *door, int change)
{
    door->count += (size_t)change;
    door->conns->app->metrics.connections[door->listener == HTTP_CONTROL] = (int64_t)door->count;
}

static void closed_cb(struct evhttp_connection *evcon, void *arg)
{
    struct http_conn *conn = arg;
    struct http_conns *conns = conn->door->conns;

    (void)evcon;
    TAILQ_REMOVE(&conns->all, conn, link);
    conns->by_fd[conn->fd] = NULL;
    add_to_count(conn->door, -1);
    http_conn_free(conn);
}

static void remember(struct http_conns *conns, struct http_conn *conn)
{
    size_t size = conns->by_fd_size;

    while (size <= (size_t)conn->fd)
        size = size == 0 ? 64 : size * 2;
    if (size != conns->by_fd_size) {
        conns->by_fd = xrealloc(conns->by_fd, size, sizeof(*conns->by_fd));
        memset(&conns->by_fd[conns->by_fd_size], 0,
               (size - conns->by_fd_size) * sizeof(*conns->by_fd));
        conns->by_fd_size = size;
    }
    conns->by_fd[conn->fd] = conn;
    TAILQ_INSERT_TAIL(&conns->all, conn, link);
    add_to_count(conn->door, 1);
}

static void read_address(struct http_conn *conn)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } name = {0};
    socklen_t size = sizeof(name);

    if (getpeername(conn->fd, &name.any, &size) != 0)
        return;
    if (name.any.sa_family == AF_INET6)
        memcpy(conn->address.bytes, &name.in6.sin6_addr, 16);
    else if (name.any.sa_family == AF_INET) {
        conn->address.bytes[10] = conn->address.bytes[11] = 0xff;
        memcpy(&conn->address.bytes[12], &name.in.sin_addr, 4);
    }
}

static bool is_one_too_many_of_its_address(const struct http_conn *conn)
{
    const struct http_conns *conns = conn->door->conns;
    const struct config_http *limits = &conns->app->config->http;
    const struct http_conn *other;
    unsigned count = 0;

    if (ip_address_is_localhost(&conn->address) ||
        ip_ranges_have(limits->trusted_proxies, limits->trusted_proxy_count, &conn->address))
        return false;
    TAILQ_FOREACH(other, &conns->all, link)
    if (other->door == conn->door &&
        memcmp(&other->address, &conn->address, sizeof(conn->address)) == 0)
        count++;
    return count >= limits->max_connections_per_address;
}

/* An eighth of the connections is kept for the control socket. */
static bool is_welcome(const struct http_conn *conn)
{
    const struct http_conns *conns = conn->door->conns;
    size_t count = conns->doors[0].count + conns->doors[1].count;

    if (conn->door->listener == HTTP_CONTROL)
        return count < conns->most;
    return conn->door->count < conns->most - conns->most / 8 && count < conns->most &&
           !is_one_too_many_of_its_address(conn);
}

/* A bufferevent that evhttp uses has the evhttp_connection as its callbacks' argument. */
static struct evhttp_connection *evcon_of(struct bufferevent *bev)
{
    void *arg = NULL;

    if (bufferevent_getfd(bev) < 0)
        return NULL;
    bufferevent_getcb(bev, NULL, NULL, NULL, &arg);
    return arg;
}

static void settle(struct http_conn *conn)
{
    struct http_conns *conns = conn->door->conns;
    struct bufferevent *bev = conn->bev;
    struct evhttp_connection *evcon = evcon_of(bev);

    if (evcon == NULL) {
        http_conn_free(conn);
        bufferevent_decref(bev);
        return;
    }
    conn->fd = bufferevent_getfd(bev);
    if (conn->door->listener == HTTP_CONTROL)
        conn->uid_may_control =
            http_peer_may_control(conn->fd, conns->app->config->control_group, &conn->uid);
    else
        read_address(conn);
    if (is_welcome(conn)) {
        remember(conns, conn);
        http_conn_open(conn, evcon);
        evhttp_connection_set_closecb(evcon, closed_cb, conn);
    } else {
        http_conn_free(conn);
        evhttp_connection_free(evcon);
    }
    bufferevent_decref(bev);
}

/* Runs before the loop looks at any socket again, so nothing has been read yet. */
static void accept_cb(evutil_socket_t fd, short what, void *arg)
{
    struct http_conns *conns = arg;
    struct http_conn *conn;

    (void)fd, (void)what;
    while ((conn = TAILQ_FIRST(&conns->fresh)) != NULL) {
        TAILQ_REMOVE(&conns->fresh, conn, link);
        settle(conn);
    }
}

/* ---- the whole ---- */

static void sweep_cb(evutil_socket_t fd, short what, void *arg)
{
    struct http_conns *conns = arg;
    struct http_conn *conn, *next;
    int64_t now_ms = clock_ms();

    (void)fd, (void)what;
    for (conn = TAILQ_FIRST(&conns->all); conn != NULL; conn = next) {
        next = TAILQ_NEXT(conn, link);
        http_conn_check(conn, now_ms);
    }
}

/* Connections must not use up the descriptors that tasks need. */
static size_t most_connections(const struct config_http *limits)
{
    struct rlimit files;
    rlim_t reserved;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return limits->max_connections;
    reserved = files.rlim_cur / 4 > RESERVED_FILES ? files.rlim_cur / 4 : RESERVED_FILES;
    if (files.rlim_cur >= reserved + limits->max_connections)
        return limits->max_connections;
    log_warn("%llu files may be open, so there may be fewer connections than the %u configured",
             (unsigned long long)files.rlim_cur, limits->max_connections);
    return files.rlim_cur > reserved ? files.rlim_cur - reserved : 1;
}

struct http_conns *http_conns_new(struct app *app)
{
    struct http_conns *conns = xcalloc(1, sizeof(*conns));
    struct timeval interval = {.tv_sec = SWEEP_MS / 1000};

    conns->app = app;
    conns->doors[0] = (struct http_door){.conns = conns, .listener = HTTP_PUBLIC};
    conns->doors[1] = (struct http_door){.conns = conns, .listener = HTTP_CONTROL};
    TAILQ_INIT(&conns->fresh);
    TAILQ_INIT(&conns->all);
    conns->most = most_connections(&app->config->http);
    conns->accept = event_new(app->base, -1, 0, accept_cb, conns);
    conns->sweep = event_new(app->base, -1, EV_PERSIST, sweep_cb, conns);
    if (conns->accept == NULL || conns->sweep == NULL || event_add(conns->sweep, &interval) != 0)
        abort();
    return conns;
}

void http_conns_free(struct http_conns *conns)
{
    struct http_conn *conn;

    while ((conn = TAILQ_FIRST(&conns->fresh)) != NULL) {
        struct bufferevent *bev = conn->bev;
        TAILQ_REMOVE(&conns->fresh, conn, link);
        http_conn_free(conn);
        bufferevent_decref(bev);
    }
    event_free(conns->accept);
    event_free(conns->sweep);
    free(conns->by_fd);
    free(conns);
}

void http_conns_guard(struct http_conns *conns, struct evhttp *http, enum http_listener listener)
{
    evhttp_set_bevcb(http, new_connection_cb, &conns->doors[listener == HTTP_CONTROL]);
}

struct http_conn *http_conns_find(struct http_conns *conns, struct evhttp_request *request)
{
    struct evhttp_connection *evcon = evhttp_request_get_connection(request);

    return conns->by_fd[bufferevent_getfd(evhttp_connection_get_bufferevent(evcon))];
}

size_t http_conns_busy(const struct http_conns *conns)
{
    const struct http_conn *conn;
    size_t busy = TAILQ_EMPTY(&conns->fresh) ? 0 : 1;

    TAILQ_FOREACH(conn, &conns->all, link)
    if (http_conn_is_busy(conn))
        busy++;
    return busy;
}
