/* SPDX-License-Identifier: MIT */
/* Runs completion callbacks. One thread at a time drives the pump; creates of other threads only
 * touch the table and wake it. */
#include "client/complete.h"
#include "client/follow.h"
#include "client/pump.h"
#include "common/xalloc.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#define RUN_MAX 1000 /* callbacks of one call, so that the caller's loop gets its turn */

struct complete {
    struct complete_table *table;
    struct pump pump;
    struct follow follow;
    pthread_mutex_t lock; /* guards the next two */
    bool driven;          /* somebody is inside complete_run */
    bool has_thread;
    pthread_t thread;
    atomic_bool stop; /* the thread is to end */
};

struct complete *complete_new(const char *socket_path)
{
    struct complete *complete = xcalloc(1, sizeof(*complete));

    if (!pump_init(&complete->pump)) {
        free(complete);
        return NULL;
    }
    complete->table = table_new();
    follow_init(&complete->follow, &complete->pump, complete->table, socket_path);
    pthread_mutex_init(&complete->lock, NULL);
    return complete;
}

void complete_free(struct complete *complete)
{
    if (complete == NULL)
        return;
    if (complete->has_thread) {
        atomic_store(&complete->stop, true);
        pump_wake(&complete->pump);
        pthread_join(complete->thread, NULL);
    }
    follow_clear(&complete->follow);
    pump_clear(&complete->pump);
    table_free(complete->table);
    pthread_mutex_destroy(&complete->lock);
    free(complete);
}

uint64_t complete_begin(struct complete *complete)
{
    uint64_t since = table_begin(complete->table);

    if (since == COMPLETE_UNKNOWN)
        pump_wake(&complete->pump); /* the stream is opened while the request is on its way */
    return since;
}

void complete_add(struct complete *complete, uint64_t since, const struct taskyard_object *task,
                  taskyard_complete_fn fn, void *arg)
{
    table_add(complete->table, since, task, fn, arg);
}

void complete_end(struct complete *complete)
{
    table_end(complete->table);
    if (table_has_doubt(complete->table) || table_has_ready(complete->table))
        pump_wake(&complete->pump);
}

int complete_fd(const struct complete *complete)
{
    return complete->pump.epoll_fd;
}

size_t complete_outstanding(struct complete *complete)
{
    return table_outstanding(complete->table);
}

static bool complete_enter(struct complete *complete)
{
    bool entered;

    pthread_mutex_lock(&complete->lock);
    entered = !complete->driven;
    complete->driven = true;
    pthread_mutex_unlock(&complete->lock);
    return entered;
}

static void complete_leave(struct complete *complete)
{
    pthread_mutex_lock(&complete->lock);
    complete->driven = false;
    pthread_mutex_unlock(&complete->lock);
}

static int complete_dispatch(struct complete *complete)
{
    struct table_ready *ready;
    int count = 0;

    while (count < RUN_MAX && !atomic_load(&complete->stop) &&
           (ready = table_take_ready(complete->table)) != NULL) {
        ready->fn(ready->arg, ready->id, ready->status, ready->result, ready->error);
        table_ready_free(ready);
        count++;
    }
    if (table_has_ready(complete->table))
        pump_wake(&complete->pump);
    return count;
}

/* What is left of the time until end_ms, as epoll_wait takes it. */
static int complete_left(struct complete *complete, int64_t end_ms)
{
    int64_t left_ms;

    if (table_has_ready(complete->table))
        return 0;
    if (end_ms == PUMP_NEVER)
        return -1;
    left_ms = end_ms - pump_now_ms();
    if (left_ms < 0)
        return 0;
    return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

static int complete_drive(struct complete *complete, int timeout_ms)
{
    int64_t end_ms = timeout_ms < 0 ? PUMP_NEVER : pump_now_ms() + timeout_ms;
    int count = 0;

    follow_step(&complete->follow);
    do {
        pump_wait(&complete->pump, complete_left(complete, end_ms));
        follow_step(&complete->follow);
        count = complete_dispatch(complete);
    } while (count == 0 && pump_now_ms() < end_ms && !atomic_load(&complete->stop));
    return count;
}

int complete_run(struct complete *complete, int timeout_ms)
{
    int count;

    if (!complete_enter(complete)) {
        errno = EBUSY;
        return -1;
    }
    count = complete_drive(complete, timeout_ms);
    complete_leave(complete);
    return count;
}

static void *complete_thread(void *arg)
{
    struct complete *complete = arg;

    while (!atomic_load(&complete->stop))
        (void)complete_drive(complete, -1);
    return NULL;
}

static int complete_spawn(struct complete *complete)
{
    sigset_t all, before;
    int failure;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failure = pthread_create(&complete->thread, NULL, complete_thread, complete);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

bool complete_start_thread(struct complete *complete)
{
    int failure = 0;

    pthread_mutex_lock(&complete->lock);
    if (!complete->has_thread) {
        failure = complete->driven ? EBUSY : complete_spawn(complete);
        if (failure == 0)
            complete->has_thread = complete->driven = true;
    }
    pthread_mutex_unlock(&complete->lock);
    errno = failure;
    return failure == 0;
}
