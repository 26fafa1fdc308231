/* SPDX-License-Identifier: MIT */
/* One timer for all tasks, armed by the first change; a quiet service does nothing. */
#include "supervisor/progress.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/events.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/store.h"

#include <event2/event.h>
#include <stdlib.h>

#define FLUSH_MS 500

static struct event *timer;

struct batch {
    struct app *app;
    struct store_progress *rows;
    uint64_t *runs; /* the number of each row's */
    size_t count;
};

static void collect(struct run *run, void *arg)
{
    struct batch *batch = arg;

    if (!run->progress_dirty || run->phase == RUN_ENDED)
        return;
    run->progress_dirty = false;
    events_task(batch->app->events, &run->task);
    batch->runs[batch->count] = run->number;
    batch->rows[batch->count++] = (struct store_progress){.row_id = run->task.row_id,
                                                          .attempt = run->task.attempt,
                                                          .progress = run->task.progress,
                                                          .text = run->task.progress_text};
}

static void batch_free(struct batch *batch)
{
    free(batch->rows);
    free(batch->runs);
    free(batch);
}

static void stored_cb(void *arg, enum store_result result, int64_t at_us)
{
    struct batch *batch = arg;

    for (size_t i = 0; result == STORE_OK && i < batch->count; i++) {
        struct run *run = runs_by_number(batch->app->runs, batch->runs[i]);
        if (run != NULL)
            run->task.updated_at_us = at_us;
    }
    batch_free(batch);
}

static void flush_cb(evutil_socket_t fd, short what, void *arg)
{
    struct app *app = arg;
    struct batch *batch = xcalloc(1, sizeof(*batch));

    (void)fd, (void)what;
    batch->app = app;
    batch->rows = xcalloc(runs_count(app->runs), sizeof(*batch->rows));
    batch->runs = xcalloc(runs_count(app->runs), sizeof(*batch->runs));
    runs_each(app->runs, collect, batch);
    if (batch->count > 0 && store_state(app->store, NULL) == STORE_READY)
        store_progress(app->store, batch->rows, batch->count, stored_cb, batch);
    else
        batch_free(batch);
}

void progress_start(struct app *app)
{
    timer = evtimer_new(app->base, flush_cb, app);
}

void progress_stop(void)
{
    event_free(timer);
    timer = NULL;
}

void progress_changed(struct run *run)
{
    struct timeval soon = {.tv_usec = FLUSH_MS * 1000};

    run->progress_dirty = true;
    if (!evtimer_pending(timer, NULL))
        evtimer_add(timer, &soon);
}
