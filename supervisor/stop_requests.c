/* SPDX-License-Identifier: MIT */
/* A look that fails is followed by the next one. */
#include "supervisor/stop_requests.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/store.h"

#include <event2/event.h>
#include <stdlib.h>

#define LOOK_S 1
#define DEADLINE_MS 5000

struct stop_requests {
    struct app *app;
    struct event *timer;
    bool looking;
};

/* Who asked is in the task's events already. */
static void heed(struct run *run, const struct store_leftover *row)
{
    run->deleted = run->deleted || row->deleted;
    if (row->killed_by[0] != '\0' && run->stop != STOP_KILL)
        run_kill(run, STORE_SYSTEM, row->killed_by);
    else
        run_stop(run, STOP_CANCEL, STORE_SYSTEM);
}

static void looked_cb(void *arg, enum store_result result, const struct store_leftover *rows,
                      size_t count)
{
    struct stop_requests *requests = arg;

    requests->looking = false;
    for (size_t i = 0; result == STORE_OK && i < count; i++) {
        struct run *run = runs_by_task(requests->app->runs, rows[i].id);
        if (run != NULL && run->task.attempt == rows[i].attempt)
            heed(run, &rows[i]);
    }
}

static void look_cb(evutil_socket_t fd, short what, void *arg)
{
    struct stop_requests *requests = arg;
    struct app *app = requests->app;

    (void)fd, (void)what;
    if (requests->looking || runs_live(app->runs) == 0 ||
        store_state(app->store, NULL) != STORE_READY)
        return;
    requests->looking = true;
    store_stop_requests(app->store, DEADLINE_MS, looked_cb, requests);
}

struct stop_requests *stop_requests_new(struct app *app)
{
    struct stop_requests *requests = xcalloc(1, sizeof(*requests));
    struct timeval interval = {.tv_sec = LOOK_S};

    requests->app = app;
    requests->timer = event_new(app->base, -1, EV_PERSIST, look_cb, requests);
    event_add(requests->timer, &interval);
    return requests;
}

void stop_requests_free(struct stop_requests *requests)
{
    event_free(requests->timer);
    free(requests);
}
