/* SPDX-License-Identifier: MIT */
/* The program that is replaced: tries the new one and comes to rest. Then main.c leaves the loop
 * and calls upgrade_leave(). */
#include "supervisor/upgrade.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/handover.h"
#include "supervisor/http_server.h"
#include "supervisor/outbox.h"
#include "supervisor/program.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/store.h"
#include "supervisor/template.h"
#include "supervisor/upgrade_exec.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK_LIMIT_MS 20000 /* a new program loads its plugins, too */
#define REST_LIMIT_MS 10000
#define POLL_MS 5
#define HOLD_AFTER_MS 1000 /* clients that never leave a gap */
#define CUT_AFTER_MS 5000  /* a download that takes longer; it can be resumed */

enum phase { IDLE, CHECKING, RESTING, LEAVING };

struct upgrade {
    struct app *app;
    enum phase phase;
    upgrade_fn done;
    void *arg;
    char *error;
    pid_t child; /* 0: none */
    struct upgrade_files tried;
    struct event *timer;
    int64_t rest_ms;  /* since when we come to rest */
    int64_t quiet_ms; /* since when all runs have been at rest, 0: they are not */
};

static void timer_cb(evutil_socket_t fd, short what, void *arg);

struct upgrade *upgrade_new(struct app *app)
{
    struct upgrade *upgrade = xcalloc(1, sizeof(*upgrade));

    upgrade->app = app;
    upgrade->timer = evtimer_new(app->base, timer_cb, upgrade);
    return upgrade;
}

const char *upgrade_error(const struct upgrade *upgrade)
{
    return upgrade->error;
}

static void arm(struct upgrade *upgrade, int64_t ms)
{
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    evtimer_add(upgrade->timer, &delay);
}

static void answer(struct upgrade *upgrade, const char *why)
{
    upgrade_fn done = upgrade->done;

    upgrade->done = NULL;
    if (done != NULL)
        done(upgrade->arg, why);
}

void upgrade_free(struct upgrade *upgrade)
{
    if (upgrade == NULL)
        return;
    if (upgrade->child > 0)
        kill(upgrade->child, SIGKILL);
    answer(upgrade, "the service is stopping");
    event_free(upgrade->timer);
    free(upgrade->error);
    free(upgrade);
}

/* Everything is as it was before. Takes the sentence over. */
static void give_up(struct upgrade *upgrade, char *why)
{
    log_error("no upgrade, the running program goes on: %s", why);
    free(upgrade->error);
    upgrade->error = why;
    evtimer_del(upgrade->timer);
    if (upgrade->phase == RESTING || upgrade->phase == LEAVING) {
        upgrade->app->upgrading = false;
        http_server_hold(upgrade->app->http, false);
        if (!upgrade->app->draining)
            scheduler_enable(upgrade->app->scheduler);
    }
    upgrade->phase = IDLE;
    answer(upgrade, why);
}

/* ---- CHECKING ---- */

static bool start_check(struct upgrade *upgrade)
{
    struct app *app = upgrade->app;
    char *arguments[] = {app->program, "--check-handover", "--config", app->config->path, NULL};
    struct handover handover;
    int fd = upgrade_write(app, upgrade->rest_ms, &handover), error;

    if (fd < 0)
        return false;
    upgrade_files_look(app, &upgrade->tried);
    error = program_start(arguments, environ, fd, &upgrade->child);
    close(fd);
    errno = error;
    return error == 0;
}

/* NULL: it can begin. */
static const char *obstacle(const struct upgrade *upgrade)
{
    const struct app *app = upgrade->app;

    if (upgrade->phase != IDLE)
        return "an upgrade is under way already";
    if (app->draining)
        return "the service is stopping";
    if (!scheduler_is_enabled(app->scheduler))
        return "the service is still starting; wait until it claims tasks";
    if (store_state(app->store, NULL) != STORE_READY)
        return "the database is away; upgrade when it is back, so that nothing is left unstored";
    return NULL;
}

void upgrade_start(struct upgrade *upgrade, upgrade_fn done, void *arg)
{
    const char *why = obstacle(upgrade);

    if (why != NULL) {
        log_error("no upgrade: %s", why);
        if (done != NULL)
            done(arg, why);
        return;
    }
    upgrade->done = done;
    upgrade->arg = arg;
    free(upgrade->error);
    upgrade->error = NULL;
    upgrade->phase = CHECKING;
    log_info("upgrade: trying %s", upgrade->app->program);
    if (start_check(upgrade))
        arm(upgrade, CHECK_LIMIT_MS);
    else
        give_up(upgrade,
                xasprintf("%s cannot be started: %s", upgrade->app->program, strerror(errno)));
}

bool upgrade_owns(const struct upgrade *upgrade, pid_t pid)
{
    return upgrade != NULL && upgrade->child == pid;
}

void upgrade_on_exit(struct upgrade *upgrade, int wait_status)
{
    upgrade->child = 0;
    if (upgrade->phase != CHECKING)
        return;
    if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0) {
        give_up(upgrade, xasprintf("%s is not fit to take over; it has said in the log why",
                                   upgrade->app->program));
        return;
    }
    upgrade->phase = RESTING;
    upgrade->rest_ms = clock_ms();
    upgrade->quiet_ms = 0;
    upgrade->app->upgrading = true;
    scheduler_stop_claiming(upgrade->app->scheduler);
    answer(upgrade, NULL);
    arm(upgrade, POLL_MS);
}

/* ---- RESTING ---- */

static void find_restless(struct run *run, void *arg)
{
    const struct run **restless = arg;

    if (run->phase != RUN_RUNNING || run_pause_is_open(run) || run->reading != NULL)
        *restless = run;
}

/* Nothing of a run is under way but its process. */
static bool runs_rest(struct upgrade *upgrade, const struct run **restless)
{
    struct app *app = upgrade->app;
    int pid, fd;

    *restless = NULL;
    runs_each(app->runs, find_restless, restless);
    return *restless == NULL && scheduler_is_idle(app->scheduler) &&
           outbox_count(app->outbox) == 0 && template_hand_over(app->template, &pid, &fd);
}

/* Clients get a second to leave a gap by themselves; then new ones wait at the door, and those with
 * a request under way get some more. */
static bool clients_rest(struct upgrade *upgrade)
{
    int64_t waited = clock_ms() - upgrade->quiet_ms;
    size_t busy = http_server_busy(upgrade->app->http);

    if (busy == 0 || waited >= HOLD_AFTER_MS)
        http_server_hold(upgrade->app->http, true);
    return busy == 0 || waited >= CUT_AFTER_MS;
}

static void rest(struct upgrade *upgrade)
{
    const struct run *restless;

    if (upgrade->app->draining) {
        give_up(upgrade, xstrdup("the service has been told to stop"));
        return;
    }
    if (!runs_rest(upgrade, &restless))
        upgrade->quiet_ms = 0;
    else if (upgrade->quiet_ms == 0)
        upgrade->quiet_ms = clock_ms();
    if (upgrade->quiet_ms > 0 && clients_rest(upgrade)) {
        upgrade->phase = LEAVING;
        event_base_loopbreak(upgrade->app->base);
        return;
    }
    if (upgrade->quiet_ms == 0 && clock_ms() - upgrade->rest_ms >= REST_LIMIT_MS)
        give_up(upgrade, restless != NULL ? xasprintf("task %s did not come to rest within %d s",
                                                      restless->task.id, REST_LIMIT_MS / 1000)
                                          : xasprintf("the last ends were not stored within %d s",
                                                      REST_LIMIT_MS / 1000));
    else
        arm(upgrade, POLL_MS);
}

static void timer_cb(evutil_socket_t fd, short what, void *arg)
{
    struct upgrade *upgrade = arg;

    (void)fd, (void)what;
    if (upgrade->phase == RESTING) {
        rest(upgrade);
        return;
    }
    kill(upgrade->child, SIGKILL);
    give_up(upgrade, xasprintf("%s has not said within %d s whether it can take over",
                               upgrade->app->program, CHECK_LIMIT_MS / 1000));
}

/* ---- LEAVING ---- */

/* One more turn for what was caught before the signals were held back: a stop, an end, a request.
 * Of what comes from then on the new program hears. */
static bool is_still_at_rest(struct upgrade *upgrade)
{
    struct app *app = upgrade->app;
    const struct run *restless;

    event_base_loop(app->base, EVLOOP_NONBLOCK);
    return !app->draining && !app->failed && runs_rest(upgrade, &restless) && clients_rest(upgrade);
}

bool upgrade_leave(struct upgrade *upgrade)
{
    struct app *app = upgrade->app;

    if (upgrade->phase != LEAVING)
        return false;
    upgrade_hold_signals(true);
    if (is_still_at_rest(upgrade)) {
        size_t busy = http_server_busy(app->http);

        if (busy > 0)
            log_warn("upgrade: %zu connections had something under way and are cut", busy);
        give_up(upgrade, upgrade_exec(app, upgrade->rest_ms, &upgrade->tried));
    } else {
        upgrade->phase = RESTING;
        arm(upgrade, POLL_MS);
    }
    upgrade_hold_signals(false);
    return !app->failed;
}
