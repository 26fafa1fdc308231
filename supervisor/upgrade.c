/* SPDX-License-Identifier: MIT */
/* The program that is replaced: tries the new one, comes to rest, leaves. Up to store_close() it
 * can change its mind. */
#include "supervisor/upgrade.h"
#include "common/crash_point.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/cgroup.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/events.h"
#include "supervisor/handover.h"
#include "supervisor/http_server.h"
#include "supervisor/notify.h"
#include "supervisor/offload.h"
#include "supervisor/outbox.h"
#include "supervisor/program.h"
#include "supervisor/run.h"
#include "supervisor/run_handover.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/store.h"
#include "supervisor/task_log.h"
#include "supervisor/template.h"
#include "supervisor/workdir.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK_LIMIT_MS 20000 /* a new program loads its plugins, too */
#define REST_LIMIT_MS 10000
#define POLL_MS 5
#define HOLD_AFTER_MS 1000 /* clients that never leave a gap */
#define CUT_AFTER_MS 5000  /* a download that takes longer; it can be resumed */
#define STORE_CLOSE_MS 5000

enum phase { IDLE, CHECKING, RESTING };

struct upgrade {
    struct app *app;
    enum phase phase;
    upgrade_fn done;
    void *arg;
    char *error;
    pid_t child; /* 0: none */
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
    if (upgrade->phase == RESTING) {
        upgrade->app->upgrading = false;
        http_server_hold(upgrade->app->http, false);
        if (!upgrade->app->draining)
            scheduler_enable(upgrade->app->scheduler);
    }
    upgrade->phase = IDLE;
    answer(upgrade, why);
}

/* ---- what is left ---- */

static void add_run(struct run *run, void *arg)
{
    if (run->phase == RUN_RUNNING)
        json_object_array_add(arg, run_handover_write(run));
}

/* The texts stay the app's. While a template is not at rest it is left out, which is enough for a
 * trial. */
static void gather(struct app *app, struct handover *handover)
{
    *handover = (struct handover){
        .format = HANDOVER_FORMAT,
        .pid = getpid(),
        .version = PACKAGE_VERSION,
        .state_dir = app->config->state_dir,
        .node = app->config->node,
        .incarnation = app->incarnation,
        .upgrades = app->upgrades + 1,
        .began_ms = app->upgrade->rest_ms,
        .lock_fd = app->lock_fd,
        .listen = app->config->listen,
        .control_socket = app->config->control_socket,
        .template_fd = -1,
        .last_work_dir = workdirs_last_number(app->workdirs),
        .last_run = runs_last_number(app->runs),
        .last_event = events_last(app->events),
        .runs = json_object_new_array(),
    };
    http_server_hand_over(app->http, &handover->public_fd, &handover->control_fd);
    if (app->cgroup != NULL)
        handover->cgroup_base = (char *)cgroup_hand_over(app->cgroup, &handover->last_leaf);
    runs_each(app->runs, add_run, handover->runs);
    template_hand_over(app->template, &handover->template_pid, &handover->template_fd);
}

/* -1 with errno set. */
static int write_file(struct app *app, struct handover *handover)
{
    int fd;

    gather(app, handover);
    fd = handover_write(handover);
    json_object_put(handover->runs);
    handover->runs = NULL;
    return fd;
}

/* ---- CHECKING ---- */

static bool start_check(struct upgrade *upgrade)
{
    struct app *app = upgrade->app;
    char *arguments[] = {app->program, "--check-handover", "--config", app->config->path, NULL};
    struct handover handover;
    int fd = write_file(app, &handover), error;

    if (fd < 0)
        return false;
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

    if (run->phase != RUN_RUNNING || run_pause_is_open(run))
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
    if (busy > 0 && waited >= CUT_AFTER_MS)
        log_warn("upgrade: %zu connections had something under way and are cut", busy);
    return busy == 0 || waited >= CUT_AFTER_MS;
}

/* Kept for the new program: it may be told to stop, or a task may end, before it listens. */
static void block_signals(void)
{
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGCHLD);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGHUP);
    sigaddset(&ours, SIGUSR2);
    sigprocmask(SIG_BLOCK, &ours, NULL);
}

static void keep_open(struct app *app, const struct handover *handover, int file)
{
    const int fds[] = {handover->lock_fd, handover->public_fd, handover->control_fd,
                       handover->template_fd, file};

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            fd_set_cloexec(fds[i], false);
    runs_each(app->runs, run_handover_keep, NULL);
}

/* The store and the offload thread finish what they have; there is no way back from here. */
static void leave(struct app *app)
{
    struct handover handover;
    char number[16];
    int file;

    notify_reloading(app->notify);
    task_log_flush(app->task_log);
    store_close(app->store, STORE_CLOSE_MS);
    offload_free(app->offload);
    block_signals();
    file = write_file(app, &handover);
    if (file < 0)
        fatal("upgrade: nothing can be left to the new program: %s", strerror(errno));
    keep_open(app, &handover, file);
    workdirs_free(app->workdirs);
    snprintf(number, sizeof(number), "%d", file);
    setenv(HANDOVER_VARIABLE, number, 1);
    crash_point(upgrade_before_exec);
    execve(app->program, app->arguments, environ);
    fatal("upgrade: %s cannot be started: %s", app->program, strerror(errno));
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
    if (upgrade->quiet_ms > 0 && clients_rest(upgrade))
        leave(upgrade->app);
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
