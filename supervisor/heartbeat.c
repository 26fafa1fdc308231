/* SPDX-License-Identifier: MIT */
/* Counting all pending tasks costs the database something, so it is asked once at the start, and
 * then every five seconds for as long as somebody reads the figures. */
#include "supervisor/heartbeat.h"
#include "common/fd_util.h"
#include "common/task.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/loop.h"
#include "supervisor/runs.h"
#include "supervisor/store.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BEAT_US 100000
#define COUNT_EVERY_MS 5000
#define TELL_EVERY_MS 5000 /* others of our name take 20 s of silence for the end: store_task.c */
#define COUNT_DEADLINE_MS 5000
#define WATCHED_FOR_MS (10 * 60 * 1000)

struct heartbeat {
    struct app *app;
    struct event *timer;
    int64_t due_us;           /* when the timer should fire */
    int64_t watched_until_ms; /* 0: nobody has read the figures yet */
    int64_t counted_ms;       /* when the database was asked last */
    bool counting;            /* it has not answered yet */
    int64_t told_ms;          /* when the database was told last that we live */
    int schedstat;            /* of the loop's thread, -1: the kernel does not tell */
    int64_t waited_us;        /* for a processor, when the timer was armed */
};

static void counted_cb(void *arg, enum store_result result, const uint64_t counts[5])
{
    struct heartbeat *heartbeat = arg;

    heartbeat->counting = false;
    if (result == STORE_OK)
        metrics_pending_set(&heartbeat->app->metrics, counts[TASK_PENDING]);
}

static bool count_is_due(const struct heartbeat *heartbeat, int64_t now_ms)
{
    const struct app *app = heartbeat->app;

    if (heartbeat->counting || now_ms - heartbeat->counted_ms < COUNT_EVERY_MS ||
        store_state(app->store, NULL) != STORE_READY)
        return false;
    return !app->metrics.pending_known || now_ms < heartbeat->watched_until_ms;
}

/* How long the loop's thread has waited for a processor since it began: the second number of
 * /proc/thread-self/schedstat, in nanoseconds. */
static int64_t waited_us(const struct heartbeat *heartbeat)
{
    char text[96] = "";
    long long ran, waited;

    if (heartbeat->schedstat < 0 || pread(heartbeat->schedstat, text, sizeof(text) - 1, 0) <= 0 ||
        sscanf(text, "%lld %lld", &ran, &waited) != 2)
        return 0;
    return waited / 1000;
}

/* For as long as there is anything that another supervisor of our name might take for left over. */
static bool telling_is_due(const struct heartbeat *heartbeat, int64_t now_ms)
{
    const struct app *app = heartbeat->app;

    return now_ms - heartbeat->told_ms >= TELL_EVERY_MS && runs_count(app->runs) > 0 &&
           store_state(app->store, NULL) == STORE_READY;
}

static void arm(struct heartbeat *heartbeat)
{
    struct timeval delay = {.tv_usec = BEAT_US};

    heartbeat->due_us = clock_us() + BEAT_US;
    heartbeat->waited_us = waited_us(heartbeat);
    evtimer_add(heartbeat->timer, &delay);
}

static void beat_cb(evutil_socket_t fd, short what, void *arg)
{
    struct heartbeat *heartbeat = arg;
    int64_t now_us = clock_us(), lag_us = now_us - heartbeat->due_us;
    int64_t own_us = lag_us - (waited_us(heartbeat) - heartbeat->waited_us);

    (void)fd, (void)what;
    metrics_loop_lag(&heartbeat->app->metrics, lag_us, own_us > 0 ? own_us : 0, now_us);
    if (count_is_due(heartbeat, now_us / 1000)) {
        heartbeat->counting = true;
        heartbeat->counted_ms = now_us / 1000;
        store_task_counts(heartbeat->app->store, COUNT_DEADLINE_MS, counted_cb, heartbeat);
    }
    if (telling_is_due(heartbeat, now_us / 1000)) {
        heartbeat->told_ms = now_us / 1000;
        store_node_beat(heartbeat->app->store);
    }
    arm(heartbeat);
}

struct heartbeat *heartbeat_new(struct app *app)
{
    struct heartbeat *heartbeat = xcalloc(1, sizeof(*heartbeat));

    heartbeat->app = app;
    heartbeat->timer = loop_urgent_new(app->base, -1, 0, beat_cb, heartbeat);
    heartbeat->counted_ms = clock_ms() - COUNT_EVERY_MS;
    heartbeat->schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    arm(heartbeat);
    return heartbeat;
}

void heartbeat_free(struct heartbeat *heartbeat)
{
    if (heartbeat == NULL)
        return;
    event_free(heartbeat->timer);
    fd_close(&heartbeat->schedstat);
    free(heartbeat);
}

void heartbeat_watched(struct heartbeat *heartbeat)
{
    heartbeat->watched_until_ms = clock_ms() + WATCHED_FOR_MS;
}
