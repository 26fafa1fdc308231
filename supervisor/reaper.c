/* SPDX-License-Identifier: MIT */
/* Reaps children. A worker may end before the template has told its pid; such an end is kept until
 * then. */
#include "supervisor/reaper.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/template.h"
#include "supervisor/tree.h"
#include "supervisor/upgrade.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define REAP_MAX 256 /* in one turn of the loop */

struct early_end {
    struct early_end *next;
    pid_t pid;
    int wait_status;
    struct rusage usage;
};
static struct early_end *early_ends; /* at most as many as there are orders without an answer */

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

bool reaper_claim_early(struct app *app, struct run *run)
{
    for (struct early_end **link = &early_ends; *link != NULL; link = &(*link)->next) {
        struct early_end *early = *link;
        if (early->pid != run->pid)
            continue;
        *link = early->next;
        run_on_exit(run, early->wait_status, &early->usage);
        free(early);
        tree_check(app);
        return true;
    }
    return false;
}

static void on_end(struct app *app, pid_t pid, int wait_status, const struct rusage *usage)
{
    struct run *run = runs_by_pid(app->runs, pid);

    if (run != NULL)
        run_on_exit(run, wait_status, usage);
    else if (template_owns(app->template, pid))
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

static void again_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    reaper_reap(arg);
}

void reaper_reap(struct app *app)
{
    siginfo_t ended;
    struct rusage usage;
    int wait_status;
    bool any = false;
    int left = REAP_MAX;

    while (left-- > 0) {
        ended.si_pid = 0;
        /* Looked at first and reaped after: while the corpse is there its pid, and so its group,
         * can be nobody else's. */
        if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0)
            break;
        if (may_be_worker(app, ended.si_pid))
            kill(-ended.si_pid, SIGKILL);
        if (wait4(ended.si_pid, &wait_status, 0, &usage) != ended.si_pid)
            break;
        on_end(app, ended.si_pid, wait_status, &usage);
        any = true;
    }
    if (left < 0) /* a fork bomb ends as fast as it grows; others want their turn of the loop */
        event_base_once(app->base, -1, EV_TIMEOUT, again_cb, app, NULL);
    else if (template_outstanding(app->template) == 0)
        forget_early();
    if (any)
        tree_check(app);
}
