/* SPDX-License-Identifier: MIT */
/* Finds what attempts leave behind among our own children (proc(5), /proc/PID/task/TID/children),
 * and kills it. A child is ours and unreaped while we look at it, so its pid is safe to signal. */
#include "supervisor/tree.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/proc_scan.h"
#include "supervisor/app.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/template.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHILDREN_MAX (1024 * 1024) /* bytes of the list */
#define SWEEP_PASSES 50

struct look {
    struct app *app;
    uint64_t *owners; /* numbers of the ended runs that still have a process */
    size_t owner_count;
};

/* The number in a mark of ours, 0 if it is another's or not set yet. */
static uint64_t number_in_mark(const struct app *app, pid_t pid)
{
    char mark[ORDER_MARK_LENGTH + 1];

    if (!proc_scan_mark(pid, mark) || strncmp(mark, app->mark_prefix, 32) != 0 || mark[32] != '-')
        return 0;
    return strtoull(mark + 33, NULL, 16);
}

/* The run a stray belongs to: by its mark, else by the session its worker made. */
static struct run *owner_of(struct app *app, const struct proc_scan_stat *stat, uint64_t *number)
{
    struct run *run;

    *number = number_in_mark(app, stat->pid);
    run = runs_by_number(app->runs, *number);
    if (run == NULL && *number == 0) {
        run = runs_by_pid(app->runs, stat->session);
        *number = run != NULL ? run->number : 0;
    }
    return run;
}

static void look_at(struct look *look, pid_t pid)
{
    struct proc_scan_stat stat;
    struct run *owner;
    uint64_t number;

    if (runs_by_pid(look->app->runs, pid) != NULL || template_owns(look->app->template, pid))
        return;
    if (!proc_scan_stat(pid, &stat) || stat.state == 'Z' || stat.state == 'X' ||
        stat.parent != getpid())
        return;
    owner = owner_of(look->app, &stat, &number);
    if (owner != NULL && (owner->phase == RUN_STARTING || owner->phase == RUN_RUNNING))
        return; /* it may do as it likes while its task runs */
    if (number == 0 && template_outstanding(look->app->template) > 0)
        return; /* perhaps a worker whose pid has not been told yet */
    kill(pid, SIGKILL);
    log_debug("killed pid %d, left behind by run %" PRIu64, (int)pid, number);
    look->owners = realloc(look->owners, (look->owner_count + 1) * sizeof(*look->owners));
    if (look->owners == NULL)
        abort();
    look->owners[look->owner_count++] = number;
}

static void look_at_children(struct look *look)
{
    char path[64], *list, *next, *end;
    size_t size;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)getpid(), (int)getpid());
    list = fd_read_file(path, CHILDREN_MAX, &size);
    if (list == NULL) {
        log_error("cannot read %s: %s", path, strerror(errno));
        return;
    }
    for (next = list;; next = end) {
        pid_t pid = (pid_t)strtol(next, &end, 10);
        if (end == next)
            break;
        look_at(look, pid);
    }
    free(list);
}

/* Collected first, told after: what is told may change the set of runs. */
struct cleared {
    const struct look *look;
    struct run **runs;
    size_t count;
};

static void find_cleared(struct run *run, void *arg)
{
    struct cleared *cleared = arg;

    if (run->phase != RUN_CLEARING)
        return;
    for (size_t i = 0; i < cleared->look->owner_count; i++)
        if (cleared->look->owners[i] == run->number || cleared->look->owners[i] == 0)
            return; /* the next SIGCHLD looks again */
    cleared->runs = realloc(cleared->runs, (cleared->count + 1) * sizeof(struct run *));
    if (cleared->runs == NULL)
        abort();
    cleared->runs[cleared->count++] = run;
}

void tree_check(struct app *app)
{
    struct look look = {.app = app};
    struct cleared cleared = {.look = &look};

    look_at_children(&look);
    runs_each(app->runs, find_cleared, &cleared);
    for (size_t i = 0; i < cleared.count; i++)
        run_tree_empty(cleared.runs[i]);
    free(cleared.runs);
    free(look.owners);
}

void tree_kill_strays(struct app *app)
{
    struct look look = {.app = app};

    look_at_children(&look);
    free(look.owners);
}

struct sweep {
    const char *prefix;
    unsigned found;
};

static bool sweep_one(void *arg, pid_t pid)
{
    struct sweep *sweep = arg;
    struct proc_scan_stat stat;
    char mark[ORDER_MARK_LENGTH + 1];

    if (pid == getpid() || !proc_scan_stat(pid, &stat) || stat.state == 'Z' ||
        !proc_scan_mark(pid, mark) || strncmp(mark, sweep->prefix, 32) != 0)
        return true;
    sweep->found++;
    proc_scan_signal(pid, stat.start_ticks, SIGKILL);
    return true;
}

void tree_sweep_incarnation(const char *mark_prefix)
{
    unsigned total = 0;

    for (int pass = 0; pass < SWEEP_PASSES; pass++) {
        struct sweep sweep = {.prefix = mark_prefix};

        if (!proc_scan_each(sweep_one, &sweep))
            log_error("cannot read /proc: %s", strerror(errno));
        if (sweep.found == 0)
            break;
        total += sweep.found;
        usleep(10000); /* killed processes need a moment to leave the list */
    }
    if (total > 0)
        log_warn("killed processes that an earlier life of this service had left running");
}
