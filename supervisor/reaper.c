/* SPDX-License-Identifier: MIT */
/* A worker's end is told by its pidfd (pidfd_open(2)), because waitid(2) with P_ALL walks over all
 * children, however many of them sleep. What has none, the template and strays, is looked for after
 * SIGCHLD. A worker may end, and be found that way, before the template has told its pid; such an
 * end is kept until then. */
#include "supervisor/reaper.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/loop.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/template.h"
#include "supervisor/tree.h"
#include "supervisor/upgrade.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define REAP_MAX 256     /* in one turn of the loop */
#define LOOK_LATER_MS 50 /* for what nobody waits for */

struct early_end {
    struct early_end *next;
    pid_t pid;
    int wait_status;
    struct rusage usage;
};
static struct early_end *early_ends; /* of strays, too, while any order is without an answer */
static bool all_have_pidfds = true;
static bool look_is_due; /* at all children */

static void keep_early(pid_t pid, int wait_status, const struct rusage *usage)
{
    struct early_end *early = xcalloc(1, sizeof(*early));

    early->pid = pid;
    early->wait_status = wait_status;
    early->usage = *usage;
    early->next = early_ends;
    early_ends = early;
}

static void forget_early(void)
{
    while (early_ends != NULL) {
        struct early_end *next = early_ends->next;
        free(early_ends);
        early_ends = next;
    }
}

/* Then the kept end is that of a stray, whose number has been given out again since. */
static bool is_child(pid_t pid)
{
    siginfo_t info;

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* True if the end of a run whose pid has just been told was known already. */
static bool claim_early(struct run *run)
{
    for (struct early_end **link = &early_ends; *link != NULL; link = &(*link)->next) {
        struct early_end *early = *link;
        bool stale;

        if (early->pid != run->pid)
            continue;
        *link = early->next;
        stale = is_child(run->pid);
        if (!stale)
            run_on_exit(run, early->wait_status, &early->usage);
        free(early);
        return !stale;
    }
    return false;
}

static void on_end(struct app *app, pid_t pid, int wait_status, const struct rusage *usage)
{
    struct run *run = runs_by_pid(app->runs, pid);

    if (run != NULL) {
        reaper_forget(run);
        run_on_exit(run, wait_status, usage);
    } else if (template_owns(app->template, pid))
        template_on_exit(app->template, pid, wait_status);
    else if (upgrade_owns(app->upgrade, pid))
        upgrade_on_exit(app->upgrade, wait_status);
    else if (template_outstanding(app->template) > 0)
        keep_early(pid, wait_status, usage);
    else
        log_debug("reaped pid %d, which an attempt had left behind", (int)pid);
}

/* A worker leads its own session and group. What else of ours ends may be part of a task that still
 * runs. */
static bool may_be_worker(struct app *app, pid_t pid)
{
    return runs_by_pid(app->runs, pid) != NULL ||
           (template_outstanding(app->template) > 0 && !template_owns(app->template, pid) &&
            !upgrade_owns(app->upgrade, pid));
}

/* Of a child that has ended. While the corpse is there its pid, and so its group, can be nobody
 * else's. */
static bool reap(struct app *app, pid_t pid)
{
    struct rusage usage;
    int wait_status;

    if (may_be_worker(app, pid))
        kill(-pid, SIGKILL);
    if (wait4(pid, &wait_status, WNOHANG, &usage) != pid)
        return false;
    on_end(app, pid, wait_status, &usage);
    return true;
}

/* ---- workers ---- */

static void worker_ended_cb(evutil_socket_t fd, short what, void *arg)
{
    struct run *run = arg;
    struct app *app = run->app;

    (void)fd, (void)what;
    reap(app, run->pid);
    tree_check(app);
}

/* Without a pidfd for each worker all children are looked at from now on. */
static void watch(struct run *run)
{
    int fd = pidfd_open(run->pid, 0);

    if (fd < 0) {
        log_debug("no pidfd of %d: %s", (int)run->pid, strerror(errno));
        all_have_pidfds = false;
        return;
    }
    run->end_event = loop_urgent_new(run->app->base, fd, EV_READ, worker_ended_cb, run);
    event_add(run->end_event, NULL);
}

void reaper_forget(struct run *run)
{
    if (run->end_event == NULL)
        return;
    close(event_get_fd(run->end_event));
    event_free(run->end_event);
    run->end_event = NULL;
}

bool reaper_watch(struct run *run)
{
    if (claim_early(run)) {
        tree_check(run->app);
        return true;
    }
    watch(run);
    return false;
}

/* ---- all children ---- */

static void look_again_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    look_is_due = false;
    reaper_reap(arg);
}

static void look_again(struct app *app, int after_ms)
{
    struct timeval delay = {.tv_usec = after_ms * 1000};

    if (!look_is_due && event_base_once(app->base, -1, EV_TIMEOUT, look_again_cb, app, &delay) == 0)
        look_is_due = true;
}

void reaper_reap(struct app *app)
{
    siginfo_t ended;
    bool any = false;
    int left = REAP_MAX;

    while (left-- > 0) {
        ended.si_pid = 0;
        if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0 ||
            !reap(app, ended.si_pid))
            break;
        any = true;
    }
    if (left < 0) /* a fork bomb ends as fast as it grows; others want their turn of the loop */
        look_again(app, 0);
    else if (template_outstanding(app->template) == 0)
        forget_early();
    if (any)
        tree_check(app);
}

void reaper_signalled(struct app *app)
{
    if (!all_have_pidfds || !TAILQ_EMPTY(runs_clearing(app->runs)))
        reaper_reap(app);
    else
        look_again(app, LOOK_LATER_MS);
}
