/* SPDX-License-Identifier: MIT */
/* The store's life and its state, as the loop sees them. */

#include "supervisor/store_core.h"
#include "supervisor/store_outcomes.h"

#include "common/fd_util.h"
#include "common/xalloc.h"
#include <errno.h>
#include <event2/event.h>
#include <mysql.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define WATCH_MS 250
#define STALL_MS 1000
#define JOIN_MS 50L

const char *store_result_name(enum store_result result)
{
    static const char *const names[] = {
        [STORE_OK] = "ok",
        [STORE_NOT_FOUND] = "not found",
        [STORE_CONFLICT] = "conflict",
        [STORE_UNAVAILABLE] = "database unavailable",
        [STORE_UNCERTAIN] = "database silent, outcome unknown",
        [STORE_INVALID] = "refused by the database",
    };
    return names[result];
}

/* Under lock. A writer that has nothing to do does not notice that its server is gone. */
static const struct store_link *lost_reader(const struct store *store)
{
    const struct store_link *lost = NULL;
    for (unsigned i = 1; i < store->link_count; i++) {
        if (store->links[i].up || !store->links[i].failed) {
            return NULL;
        }
        lost = &store->links[i];
    }
    return lost;
}

/* What the threads have noted, in one word. */
static enum store_state look(struct store *store, char why[STORE_WHY_SIZE])
{
    const struct store_link *writer = &store->links[0];
    pthread_mutex_lock(&store->lock);
    enum store_state state = store->refused ? STORE_REFUSED : STORE_CONNECTING;
    const struct store_link *lost = writer->up ? lost_reader(store) : writer;
    snprintf(why, STORE_WHY_SIZE, "%s", lost != NULL ? lost->why : "");
    if (!store->refused && lost == NULL) {
        state = store->stalled ? STORE_STALLED : STORE_READY;
        why[0] = '\0';
    }
    pthread_mutex_unlock(&store->lock);
    if (state == STORE_STALLED) {
        snprintf(why, STORE_WHY_SIZE, "the database has not answered for more than a second");
    }
    return state;
}

void store_update_state(struct store *store)
{
    char why[STORE_WHY_SIZE];
    enum store_state state = look(store, why);
    bool changed = state != store->state;
    store->state = state;
    memcpy(store->why, why, sizeof why);
    if (changed && store->state_cb != NULL) {
        store->state_cb(store->state_arg, state, store->why);
    }
}

enum store_state store_state(const struct store *store, const char **why)
{
    if (why != NULL) {
        *why = store->why;
    }
    return store->state;
}

uint64_t store_answered(const struct store *store, enum store_result result)
{
    return store->answered[result];
}

bool store_is_away(struct store *store, bool writes)
{
    pthread_mutex_lock(&store->lock);
    bool away = store->refused || store->stopping;
    if (!away && writes) {
        const struct store_link *writer = &store->links[0];
        away = store->stalled || (!writer->up && writer->failed);
    } else if (!away) {
        bool any_up = false, any_failed = store->links[0].failed && !store->schema_ready;
        for (unsigned i = 1; i < store->link_count; i++) {
            any_up = any_up || store->links[i].up;
            any_failed = any_failed || store->links[i].failed;
        }
        away = !any_up && any_failed;
    }
    pthread_mutex_unlock(&store->lock);
    return away;
}

static void wake_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    uint64_t count;
    ssize_t size = read(fd, &count, sizeof count);
    (void)size;
    store_update_state(arg);
    store_queue_deliver(arg);
}

void store_watch(struct store *store)
{
    static const struct timeval soon = {.tv_usec = WATCH_MS * 1000};
    if (!evtimer_pending(store->watch_event, NULL)) {
        evtimer_add(store->watch_event, &soon);
    }
}

static void watch_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct store *store = arg;
    pthread_mutex_lock(&store->lock);
    bool busy = store->writer_busy || !TAILQ_EMPTY(&store->writes);
    bool up = store->links[0].up;
    pthread_mutex_unlock(&store->lock);
    /* A connection that is given up after a silence leads to no better hopes for the next one. */
    store->stalled = store_conn_busy_ms(store->links[0].conn) > STALL_MS || (store->stalled && !up);
    store_update_state(store);
    if (busy || store->stalled) {
        store_watch(store);
    }
}

static void copy_config(struct store_config *to, const struct store_config *from)
{
    *to = *from;
    to->socket = xstrdup_or_null(from->socket);
    to->host = xstrdup_or_null(from->host);
    to->user = xstrdup_or_null(from->user);
    to->password = xstrdup_or_null(from->password);
    to->database = xstrdup(from->database);
    to->tls_ca = xstrdup_or_null(from->tls_ca);
    to->node = xstrdup(from->node);
    to->incarnation = xstrdup(from->incarnation);
    to->state_dir_id = xstrdup_or_null(from->state_dir_id);
}

static void free_config(struct store_config *config)
{
    const char *const texts[] = {config->socket,   config->host,        config->user,
                                 config->password, config->database,    config->tls_ca,
                                 config->node,     config->incarnation, config->state_dir_id};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free((void *)texts[i]);
    }
}

static void make_queues(struct store *store)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->has_writes, &monotonic);
    pthread_cond_init(&store->has_reads, &monotonic);
    pthread_cond_init(&store->changed, &monotonic);
    pthread_cond_init(&store->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    TAILQ_INIT(&store->writes);
    TAILQ_INIT(&store->reads);
    TAILQ_INIT(&store->done);
}

static void start_link(struct store *store, unsigned i)
{
    struct store_link *link = &store->links[i];
    link->store = store;
    link->writes = i == 0;
    link->seed = (unsigned)time(NULL) ^ (unsigned)(uintptr_t)link ^ ((unsigned)getpid() << 16);
    link->conn =
        store_conn_new(&store->config, link->writes ? STORE_CONN_WRITER : STORE_CONN_READER);
    snprintf(link->why, sizeof link->why, "connecting");
}

static void start_threads(struct store *store)
{
    /* Signals are for the loop. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < store->link_count; i++) {
        struct store_link *link = &store->links[i];
        int error = pthread_create(&link->thread, NULL,
                                   i == 0 ? store_writer_main : store_reader_main, link);
        if (error != 0) {
            fatal("cannot start a database thread: %s", strerror(error));
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct store *store_open(struct event_base *base, const struct store_config *config,
                         store_state_fn state_cb, void *arg)
{
    if (mysql_library_init(0, NULL, NULL) !=
        0) { /* before any thread; the library is never unloaded */
        fatal("cannot initialise the database client library");
    }
    struct store *store = xcalloc(1, sizeof *store);
    store->base = base;
    store->state_cb = state_cb;
    store->state_arg = arg;
    store->state = STORE_CONNECTING;
    store->delivered_ms[0] = store->delivered_ms[1] = STORE_NEVER;
    copy_config(&store->config, config);
    make_queues(store);
    store->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (store->wake_fd < 0) {
        fatal("eventfd: %s", strerror(errno));
    }
    store->wake_event = event_new(base, store->wake_fd, EV_READ | EV_PERSIST, wake_cb, store);
    event_add(store->wake_event, NULL);
    store->watch_event = evtimer_new(base, watch_cb, store);
    store->link_count = 1 + (config->readers > 0 ? config->readers : 1);
    store->outcomes = store_outcomes_new();
    store->links = xcalloc(store->link_count, sizeof *store->links);
    for (unsigned i = 0; i < store->link_count; i++) {
        start_link(store, i);
    }
    start_threads(store);
    return store;
}

static void wait_idle(struct store *store, unsigned limit_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += limit_ms / 1000;
    until.tv_nsec += (long)(limit_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while ((store->writer_busy || !TAILQ_EMPTY(&store->writes)) &&
           pthread_cond_timedwait(&store->idle, &store->lock, &until) == 0) {
    }
}

/* Ends a thread that may be in the middle of a call to a silent database. Connecting cannot be
 * broken off; it has a time limit of its own. */
static void join_link(struct store_link *link)
{
    for (;;) {
        if (store_conn_busy_ms(link->conn) > 0) {
            store_conn_abort(link->conn);
        }
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += JOIN_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_clockjoin_np(link->thread, NULL, CLOCK_MONOTONIC, &until) != ETIMEDOUT) {
            return;
        }
    }
}

static void stop_threads(struct store *store, unsigned limit_ms)
{
    pthread_mutex_lock(&store->lock);
    wait_idle(store, limit_ms);
    store->stopping = true;
    pthread_cond_broadcast(&store->has_writes);
    pthread_cond_broadcast(&store->has_reads);
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
    for (unsigned i = 0; i < store->link_count; i++) {
        join_link(&store->links[i]);
    }
}

void store_close(struct store *store, unsigned limit_ms)
{
    stop_threads(store, limit_ms);
    store_queue_deliver(store);
    store_queue_flush(store);
    for (unsigned i = 0; i < store->link_count; i++) {
        store_conn_free(store->links[i].conn);
    }
    free(store->links);
    store_outcomes_free(store->outcomes);
    event_free(store->wake_event);
    event_free(store->watch_event);
    fd_close(&store->wake_fd);
    pthread_mutex_destroy(&store->lock);
    pthread_cond_destroy(&store->has_writes);
    pthread_cond_destroy(&store->has_reads);
    pthread_cond_destroy(&store->changed);
    pthread_cond_destroy(&store->idle);
    free_config(&store->config);
    free(store);
}
