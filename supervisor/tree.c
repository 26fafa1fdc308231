/* SPDX-License-Identifier: MIT */
/* Finds what attempts leave behind among our own children (proc(5), /proc/PID/task/TID/children),
 * and kills it. A child is ours and unreaped while we look at it, so its pid is safe to signal. */
#include "supervisor/tree.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/proc_scan.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/cgroup.h"
#include "supervisor/clock.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/template.h"
#include "supervisor/upgrade.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHILDREN_MAX (1024 * 1024) /* bytes of the list */
#define SWEEP_PASSES 50
#define BOMB_SIZE                                                                                  \
    32 /* strays of one run, killed one by one, after which it is taken for a bomb                 \
        */
#define BOMB_PASSES 4

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

/* One that has been killed may be seen once more before it is dead. */
static void count_stray(struct run *run, const struct proc_scan_stat *stat)
{
    if (run->killed == NULL)
        run->killed = xcalloc(BOMB_SIZE, sizeof(*run->killed));
    for (unsigned i = 0; i < run->strays && i < BOMB_SIZE; i++)
        if (run->killed[i].pid == stat->pid && run->killed[i].start_ticks == stat->start_ticks)
            return;
    if (run->strays < BOMB_SIZE)
        run->killed[run->strays] = (struct run_stray){stat->pid, stat->start_ticks};
    if (++run->strays > run->processes)
        run->processes = run->strays;
}

static void look_at(struct look *look, pid_t pid)
{
    struct proc_scan_stat stat;
    struct run *owner;
    uint64_t number;

    if (runs_by_pid(look->app->runs, pid) != NULL || template_owns(look->app->template, pid) ||
        upgrade_owns(look->app->upgrade, pid))
        return;
    if (!proc_scan_stat(pid, &stat) || stat.state == 'Z' || stat.state == 'X' ||
        stat.parent != getpid())
        return;
    if (cgroup_owner(look->app->cgroup, pid) != 0)
        return; /* its run's cgroup is killed as a whole, when the run is over */
    owner = owner_of(look->app, &stat, &number);
    if (owner != NULL && (owner->phase == RUN_STARTING || owner->phase == RUN_RUNNING))
        return; /* it may do as it likes while its task runs */
    if (number == 0 && template_outstanding(look->app->template) > 0)
        return; /* perhaps a worker whose pid has not been told yet */
    kill(pid, SIGKILL);
    if (owner != NULL)
        count_stray(owner, &stat);
    log_debug("killed pid %d, left behind by run %" PRIu64, (int)pid, number);
    look->owners = xrealloc(look->owners, look->owner_count + 1, sizeof(*look->owners));
    look->owners[look->owner_count++] = number;
}

static void each_child(void (*each)(void *arg, pid_t pid), void *arg)
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
        each(arg, pid);
    }
    free(list);
}

static void look_at_cb(void *arg, pid_t pid)
{
    look_at(arg, pid);
}

static void look_at_children(struct look *look)
{
    each_child(look_at_cb, look);
}

struct stray_search {
    struct run *run;
    void (*each)(void *arg, pid_t pid);
    void *arg;
};

static void search_cb(void *arg, pid_t pid)
{
    const struct stray_search *search = arg;
    struct app *app = search->run->app;
    struct proc_scan_stat stat;
    uint64_t number;

    if (runs_by_pid(app->runs, pid) == NULL && !template_owns(app->template, pid) &&
        proc_scan_stat(pid, &stat) && strchr("ZX", stat.state) == NULL &&
        owner_of(app, &stat, &number) == search->run)
        search->each(search->arg, pid);
}

void tree_each_stray(struct run *run, void (*each)(void *arg, pid_t pid), void *arg)
{
    struct stray_search search = {run, each, arg};

    each_child(search_cb, &search);
}

/* True if the kernel says that nothing lives in the run's cgroup, or if it has none. Else all of it
 * is killed; its end leads back here. */
static bool is_leaf_clear(struct run *run)
{
    if (run->leaf == NULL || cgroup_leaf_is_empty(run->leaf))
        return true;
    run_kill_leaf(run);
    return false;
}

static void tell_of_undying(struct run *run)
{
    if (run->said_undying || !run_is_undying(run))
        return;
    run->said_undying = true;
    run_journal(run, LOG_LEVEL_WARN,
                "processes do not die of SIGKILL; they wait inside the kernel");
}

/* ---- a fork bomb, contained by session alone ---- */

struct bomb {
    char mark[ORDER_MARK_LENGTH + 1];
    bool all_stopped;
    int signal;
};

static bool bomb_one(void *arg, pid_t pid)
{
    struct bomb *bomb = arg;
    struct proc_scan_stat stat;
    char mark[ORDER_MARK_LENGTH + 1];

    if (pid == getpid() || !proc_scan_stat(pid, &stat) || strchr("ZX", stat.state) != NULL ||
        (bomb->signal == SIGSTOP && stat.state == 'T') || !proc_scan_mark(pid, mark) ||
        strcmp(mark, bomb->mark) != 0)
        return true;
    bomb->all_stopped = false;
    proc_scan_signal(pid, stat.start_ticks, bomb->signal);
    return true;
}

/* Each one that is killed makes room for another. So all are stopped first, which makes no room,
 * and killed when none moves any more. What is not reached now is at the next call. */
static void defuse(const struct run *run)
{
    struct bomb bomb = {.signal = SIGSTOP};

    snprintf(bomb.mark, sizeof(bomb.mark), "%s-%016" PRIx64, run->app->mark_prefix, run->number);
    for (int pass = 0; pass < BOMB_PASSES && !bomb.all_stopped; pass++) {
        bomb.all_stopped = true;
        proc_scan_each(bomb_one, &bomb);
    }
    if (!bomb.all_stopped)
        return;
    bomb.signal = SIGKILL;
    proc_scan_each(bomb_one, &bomb);
}

static bool has_stray(const struct look *look, uint64_t number)
{
    for (size_t i = 0; i < look->owner_count; i++)
        if (look->owners[i] == number || look->owners[i] == 0)
            return true;
    return false;
}

static bool is_clear(const struct look *look, struct run *run)
{
    if (has_stray(look, run->number)) {
        if (run->leaf == NULL && run->strays >= BOMB_SIZE)
            defuse(run);
    } else if (is_leaf_clear(run)) {
        return true;
    }
    tell_of_undying(run);
    return false; /* the next SIGCHLD, or change of a leaf, looks again */
}

/* The kernel's word on its leaf is enough for an attempt that has ended by itself; one that is
 * ended may have moved a process into another group, which its own account allows. */
static bool is_doubtful(const struct run *run)
{
    return run->leaf == NULL || run->stop != STOP_NONE;
}

void tree_check(struct app *app)
{
    const struct run_list *clearing = runs_clearing(app->runs);
    struct run_list clear = TAILQ_HEAD_INITIALIZER(clear);
    struct look look = {.app = app};
    struct run *run, *next;
    bool doubt = false;

    TAILQ_FOREACH(run, clearing, clearing_link)
    doubt = doubt || is_doubtful(run);
    if (doubt)
        look_at_children(&look);
    for (run = TAILQ_FIRST(clearing); run != NULL; run = next) {
        next = TAILQ_NEXT(run, clearing_link);
        if (is_clear(&look, run)) {
            runs_note_cleared(app->runs, run);
            TAILQ_INSERT_TAIL(&clear, run, clearing_link);
        }
    }
    while ((run = TAILQ_FIRST(&clear)) != NULL) { /* may change the set of runs */
        TAILQ_REMOVE(&clear, run, clearing_link);
        run_tree_empty(run);
    }
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
    struct sweep sweep = {.prefix = mark_prefix, .found = 1};
    bool any = false;

    for (int pass = 0; pass < SWEEP_PASSES && sweep.found > 0; pass++) {
        sweep.found = 0;
        if (!proc_scan_each(sweep_one, &sweep))
            log_error("cannot read /proc: %s", strerror(errno));
        any = any || sweep.found > 0;
        if (sweep.found > 0)
            usleep(10000); /* killed processes need a moment to leave the list */
    }
    if (sweep.found > 0)
        log_error("%u processes that an earlier life of this service had left running do not die "
                  "of SIGKILL; they wait inside the kernel",
                  sweep.found);
    else if (any)
        log_warn("killed processes that an earlier life of this service had left running");
}
