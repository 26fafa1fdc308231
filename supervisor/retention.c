/* SPDX-License-Identifier: MIT */
/* A purge is a chain of small steps, each followed by a pause of its length at least, so that tasks
 * are claimed and stored meanwhile as ever: a step is as small as it must be to be over soon. A
 * file whose row is gone is of no use to anybody: its bytes go last. */
#include "supervisor/retention.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/offload.h"
#include "supervisor/settings.h"
#include "supervisor/store_purge.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#define EVERY_S 3600
#define FIRST_S 60 /* a start has better things to do */
#define BUDGET_MS (20 * 60 * 1000)
#define PAUSE_MS 20 /* at least */
#define STEP_MS 20  /* about what a step may take */
#define STEP_DEADLINE_MS 10000

struct purge {
    LIST_ENTRY(purge) link;
    struct app *app;
    retention_fn done;
    void *arg;
    int64_t until_ms;
    struct event *pause;
    size_t tasks_max; /* of a step */
    int64_t began_ms; /* the step under way */
    struct retention_removed removed;
};

struct retention {
    struct app *app;
    struct event *timer;
    LIST_HEAD(, purge) purges;
};

/* ---- bytes ---- */

struct bytes {
    size_t count;
    char *paths[STORE_PURGE_TASKS];
};

static void unlink_work(void *arg)
{
    struct bytes *bytes = arg;

    for (size_t i = 0; i < bytes->count; i++) {
        if (unlink(bytes->paths[i]) != 0 && errno != ENOENT)
            log_warn("cannot remove %s, which no task needs any more: %s", bytes->paths[i],
                     strerror(errno));
        free(bytes->paths[i]);
    }
    free(bytes);
}

static void remove_bytes(struct app *app, const struct store_purged *purged)
{
    struct bytes *bytes;

    if (purged->file_count == 0)
        return;
    bytes = xcalloc(1, sizeof(*bytes));
    for (size_t i = 0; i < purged->file_count; i++)
        bytes->paths[bytes->count++] =
            xasprintf("%s/files/%s", app->config->state_dir, purged->file_keys[i]);
    offload_run(app->offload, unlink_work, NULL, bytes);
}

/* ---- a purge ---- */

static void step(struct purge *purge);

static void pause_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    step(arg);
}

static void finish(struct purge *purge, enum store_result result, bool more)
{
    LIST_REMOVE(purge, link);
    purge->done(purge->arg, result, &purge->removed, more);
    event_free(purge->pause);
    free(purge);
}

/* Returns how long to pause, milliseconds. */
static int64_t pace(struct purge *purge)
{
    int64_t took_ms = clock_ms() - purge->began_ms;

    if (took_ms > STEP_MS && purge->tasks_max > 1)
        purge->tasks_max /= 2;
    else if (took_ms <= STEP_MS / 2 && purge->tasks_max < STORE_PURGE_TASKS)
        purge->tasks_max *= 2;
    return took_ms > PAUSE_MS ? took_ms : PAUSE_MS;
}

static void stepped_cb(void *arg, enum store_result result, const struct store_purged *purged)
{
    struct purge *purge = arg;
    int64_t pause_ms = pace(purge);
    struct timeval pause = {pause_ms / 1000, pause_ms % 1000 * 1000};

    if (result != STORE_OK) {
        finish(purge, result, true);
        return;
    }
    purge->removed.tasks += purged->tasks;
    purge->removed.log_lines += purged->log_lines;
    purge->removed.events += purged->events;
    purge->removed.files += purged->file_count;
    remove_bytes(purge->app, purged);
    if (!purged->more || purge->app->draining || clock_ms() >= purge->until_ms)
        finish(purge, STORE_OK, purged->more);
    else
        evtimer_add(purge->pause, &pause);
}

static void step(struct purge *purge)
{
    const struct app *app = purge->app;
    struct store_purge_ages ages = {.tasks = settings_get(app, SETTING_TASK_RETENTION),
                                    .logs = settings_get(app, SETTING_LOG_RETENTION),
                                    .events = settings_get(app, SETTING_AUDIT_RETENTION)};

    purge->began_ms = clock_ms();
    store_purge(app->store, &ages, purge->tasks_max, STEP_DEADLINE_MS, stepped_cb, purge);
}

void retention_purge(struct app *app, int64_t budget_ms, retention_fn done, void *arg)
{
    struct purge *purge = xcalloc(1, sizeof(*purge));

    purge->app = app;
    purge->done = done;
    purge->arg = arg;
    purge->until_ms = clock_ms() + budget_ms;
    purge->tasks_max = STORE_PURGE_TASKS / 4;
    purge->pause = evtimer_new(app->base, pause_cb, purge);
    LIST_INSERT_HEAD(&app->retention->purges, purge, link);
    step(purge);
}

/* ---- by itself ---- */

static void arm(struct retention *retention, long seconds)
{
    struct timeval delay = {.tv_sec = seconds};

    evtimer_add(retention->timer, &delay);
}

static void purged_cb(void *arg, enum store_result result, const struct retention_removed *removed,
                      bool more)
{
    struct retention *retention = arg;

    if (result != STORE_OK)
        log_warn("old history could not be removed: %s; it is tried again",
                 store_result_name(result));
    if (removed->tasks + removed->log_lines + removed->events > 0)
        log_info("removed what was older than is to be kept: %" PRIu64 " tasks, %" PRIu64
                 " artifacts, %" PRIu64 " log lines, %" PRIu64 " events",
                 removed->tasks, removed->files, removed->log_lines, removed->events);
    arm(retention, more ? FIRST_S : EVERY_S);
}

static void timer_cb(evutil_socket_t fd, short what, void *arg)
{
    struct retention *retention = arg;

    (void)fd, (void)what;
    if (!retention->app->begun || retention->app->draining)
        arm(retention, FIRST_S);
    else
        retention_purge(retention->app, BUDGET_MS, purged_cb, retention);
}

struct retention *retention_new(struct app *app)
{
    struct retention *retention = xcalloc(1, sizeof(*retention));

    retention->app = app;
    retention->timer = evtimer_new(app->base, timer_cb, retention);
    arm(retention, FIRST_S);
    return retention;
}

void retention_free(struct retention *retention)
{
    while (!LIST_EMPTY(&retention->purges))
        finish(LIST_FIRST(&retention->purges), STORE_UNAVAILABLE, true);
    event_free(retention->timer);
    free(retention);
}
