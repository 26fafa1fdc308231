/* SPDX-License-Identifier: MIT */
/* Start, reload, drain. The first claim needs four things: types in service, a usable database, the
 * settings, and the past settled. */
#include "supervisor/lifecycle.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/config_store.h"
#include "supervisor/http_server.h"
#include "supervisor/notify.h"
#include "supervisor/outbox.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/settings.h"
#include "supervisor/settle.h"
#include "supervisor/store.h"
#include "supervisor/template.h"
#include "supervisor/type.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define DRAIN_POLL_MS 20
#define STORE_WAIT_MS                                                                              \
    5000 /* after the last process has ended, for a database that does not answer */

/* ---- start ---- */

static void begin_when_ready(struct app *app)
{
    if (app->begun || app->draining || !app->settings_known || !template_is_ready(app->template) ||
        store_state(app->store, NULL) != STORE_READY)
        return;
    app->begun = true;
    outbox_load(app, settle_start); /* what is known to have ended is not settled as lost */
}

static void settings_cb(void *arg, enum store_result result, const char *const *names,
                        const char *const *values, size_t count)
{
    struct app *app = arg;

    if (result != STORE_OK) {
        log_error("the settings could not be read: %s", store_result_name(result));
        if (result == STORE_UNAVAILABLE && !app->draining &&
            store_state(app->store, NULL) == STORE_READY) /* else when it is back */
            store_setting_list(app->store, 0, settings_cb, app);
        return;
    }
    for (size_t i = 0; i < count; i++)
        settings_read(app, names[i], values[i]);
    app->settings_known = true;
    begin_when_ready(app);
}

static void store_state_cb(void *arg, enum store_state state, const char *why)
{
    struct app *app = arg;

    switch (state) {
    case STORE_CONNECTING:
        log_warn("the database is not available: %s", why != NULL ? why : "connecting");
        break;
    case STORE_STALLED:
        log_warn("the database does not answer");
        break;
    case STORE_READY:
        log_info("the database is ready");
        store_setting_list(app->store, 0, settings_cb, app);
        break;
    case STORE_REFUSED:
        log_error("%s", why);
        app->failed = true;
        event_base_loopbreak(app->base);
        break;
    }
    outbox_store_state(app->outbox);
    notify_status(app->notify);
}

void lifecycle_open_store(struct app *app)
{
    struct store_config config = config_store(app->config);

    config.incarnation = app->incarnation;
    config.state_dir_id = app->state_dir_id[0] != '\0' ? app->state_dir_id : NULL;
    app->store = store_open(app->base, &config, store_state_cb, app);
}

/* ---- reload ---- */

struct reload {
    struct app *app;
    lifecycle_reload_fn done;
    void *arg;
    struct reload *overtaken; /* an earlier one, which this one answers as well; NULL */
};

/* To everybody who waits: what was read last is at least as new as what each has asked for. */
static void answer(struct reload *reload, const struct type_registry *types)
{
    while (reload != NULL) {
        struct reload *next = reload->overtaken;

        if (reload->done != NULL)
            reload->done(reload->arg, types);
        free(reload);
        reload = next;
    }
}

static void loaded_cb(void *arg, struct type_registry *types)
{
    struct reload *reload = arg;
    struct app *app = reload->app;
    bool first = type_registry_count(app->types) == 0 && !app->begun;

    app->reload = NULL;
    if (types != NULL) {
        type_registry_free(app->types);
        app->types = types;
        log_info("%zu task types loaded", type_registry_count(types));
        begin_when_ready(app);
        scheduler_wake(app->scheduler);
    } else if (first) {
        log_error("%s does not work", app->config->worker_program);
        app->failed = true;
        event_base_loopbreak(app->base);
    }
    if (!app->failed)
        notify_ready(app->notify);
    answer(reload, types);
}

void lifecycle_reload(struct app *app, lifecycle_reload_fn done, void *arg)
{
    struct type_registry *types = type_registry_new();
    struct reload *reload = xcalloc(1, sizeof(*reload));

    reload->app = app;
    reload->done = done;
    reload->arg = arg;
    notify_reloading(app->notify);
    type_registry_read(types, app->config->types_dir);
    type_registry_run_as(types, app->config->task_user);
    type_registry_refuse_paths(types, http_routes_have);
    if (template_load(app->template, types, loaded_cb, reload)) {
        reload->overtaken = app->reload;
        app->reload = reload;
        return;
    }
    log_error("cannot start %s: %s", app->config->worker_program, strerror(errno));
    type_registry_free(types);
    notify_ready(app->notify); /* with the types that it has */
    answer(reload, NULL);
}

/* ---- drain ---- */

static void stop_run(struct run *run, void *arg)
{
    (void)arg;
    run_stop(run, STOP_SHUTDOWN, STORE_SYSTEM);
}

/* It cannot end by itself. */
static void stop_if_paused(struct run *run, void *arg)
{
    if (run->pause_ms > 0)
        stop_run(run, arg);
}

static void find_hope(struct run *run, void *arg)
{
    bool *hope = arg;

    if (run->phase != RUN_ENDED && !run_is_undying(run))
        *hope = true;
}

/* Processes that wait inside the kernel may do so for ever. They are nobody's then but the first
 * process's, and their rows are the next start's: whatever it decides, a process with SIGKILL
 * pending does not come back to its program. */
static bool is_over(const struct app *app, bool hope)
{
    size_t left = runs_live(app->runs);

    if (hope || !scheduler_is_idle(app->scheduler) || runs_count(app->runs) > left)
        return false;
    if (left > 0)
        log_warn("leaving %zu tasks with processes that do not die of SIGKILL to the next start",
                 left);
    return true;
}

static void drain_cb(evutil_socket_t fd, short what, void *arg)
{
    struct app *app = arg;
    int64_t now = clock_ms();
    bool hope = false; /* that something still ends */

    (void)fd, (void)what;
    runs_each(app->runs, find_hope, &hope);
    if (hope)
        app->drained_ms = now;
    if (is_over(app, hope)) {
        event_base_loopbreak(app->base);
        return;
    }
    runs_each(app->runs, now >= app->drain_until_ms ? stop_run : stop_if_paused, NULL);
    if (now - app->drained_ms > STORE_WAIT_MS) {
        log_error(
            "the database does not take the last ends; they wait in %s/outbox for the next start",
            app->config->state_dir);
        event_base_loopbreak(app->base);
    }
}

void lifecycle_drain(struct app *app)
{
    struct timeval interval = {.tv_usec = DRAIN_POLL_MS * 1000};
    int64_t now = clock_ms();

    if (app->draining) {
        log_info("the drain time ends now");
        app->drain_until_ms = now;
        return;
    }
    app->draining = true;
    notify_stopping(app->notify);
    app->drained_ms = now;
    app->drain_until_ms = now + app->config->drain_timeout_ms;
    log_info("stopping: %zu tasks are running and have %u s to end by themselves",
             runs_live(app->runs), app->config->drain_timeout_ms / 1000);
    scheduler_stop_claiming(app->scheduler);
    app->drain_timer = event_new(app->base, -1, EV_PERSIST, drain_cb, app);
    event_add(app->drain_timer, &interval);
}

void lifecycle_forget_runs(struct app *app)
{
    struct run *run;

    while ((run = runs_any(app->runs)) != NULL)
        run_free(run);
}
