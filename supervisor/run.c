/* SPDX-License-Identifier: MIT */
/* The life of a run: order a worker, learn its pid, see it end, see its tree empty, collect its
 * artifact. */
#include "supervisor/run.h"
#include "common/crash_point.h"
#include "common/fd_util.h"
#include "common/json_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/artifact.h"
#include "supervisor/cgroup.h"
#include "supervisor/clock.h"
#include "supervisor/events.h"
#include "supervisor/reaper.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/template.h"
#include "supervisor/workdir.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Not for another if no worker could be started in it, or if the task may have written to its
 * cgroup.kill itself. */
static void give_leaf_back(struct run *run)
{
    bool killed = WIFSIGNALED(run->wait_status) && WTERMSIG(run->wait_status) == SIGKILL;

    if (run->leaf != NULL)
        cgroup_leaf_give_back(run->leaf, run->start_errno == 0 && !killed);
    run->leaf = NULL;
}

static void run_end(struct run *run)
{
    struct run_facts facts = run_facts(run);

    run_output_close(run);
    run->verdict = run_outcome(&facts);
    run->final_error = run_error_text(run, &run->verdict);
    run->phase = RUN_ENDED;
    run->ended_ms = clock_ms();
    if (run->reaped)
        metrics_run_over(&run->app->metrics, run->app->types, run->task.type,
                         run->ended_ms - run->started_ms);
    if (run->timer != NULL)
        evtimer_del(run->timer);
    workdir_give_back(run->app->workdirs, run->work_dir);
    give_leaf_back(run);
    scheduler_ended(run);
}

/* The payload as standard input: a sealed file in memory, so that a runner that never reads holds
 * up nobody. */
static int payload_fd(const char *payload)
{
    int fd;

    if (payload == NULL)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    fd = memfd_create("payload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    if (!fd_write_all(fd, payload, strlen(payload)) || lseek(fd, 0, SEEK_SET) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
        int saved_errno = errno;
        close(fd);
        errno = saved_errno;
        return -1;
    }
    return fd;
}

/* Where attempts are contained by cgroup, none runs without. */
static bool enter_leaf(struct run *run)
{
    if (run->app->cgroup == NULL)
        return true;
    run->leaf = cgroup_leaf_take(run->app->cgroup, run->number);
    return run->leaf != NULL;
}

static bool order_worker(struct run *run)
{
    int ends[RUN_STREAMS] = {-1, -1, -1}, input = -1, saved_errno;
    bool ordered = false;

    if (enter_leaf(run) && run_output_open(run, ends) &&
        (input = payload_fd(run->task.payload)) >= 0) {
        int fds[ORDER_SPAWN_FDS] = {input, ends[RUN_STDOUT], ends[RUN_STDERR], ends[RUN_MESSAGES]};
        ordered = template_spawn(run->app->template, run, fds);
    }
    saved_errno = errno;
    fd_close(&input);
    for (int i = 0; i < RUN_STREAMS; i++)
        fd_close(&ends[i]);
    errno = saved_errno;
    return ordered;
}

static struct run *run_new(struct app *app, struct task *task)
{
    struct run *run = xcalloc(1, sizeof(*run));
    struct task_type *type = type_registry_find(app->types, task->type);

    run->app = app;
    run->task = *task;
    memset(task, 0, sizeof(*task));
    run->type = type != NULL ? type_ref(type) : NULL;
    run->work_dir = workdir_take(app->workdirs);
    run->started_ms = run->last_message_ms = clock_ms();
    for (int i = 0; i < RUN_STREAMS; i++)
        run->pipes[i].fd = -1;
    runs_add(app->runs, run);
    return run;
}

void run_start(struct app *app, struct task *task)
{
    struct run *run = run_new(app, task);

    run->task.status = TASK_RUNNING;
    events_task(app->events, &run->task);
    metrics_task_started(&app->metrics, &run->task);
    if (run->type == NULL) {
        run_end(run);
        return;
    }
    if (app->draining) { /* claimed just before the drain: given back */
        run->start_errno = ECANCELED;
        run_end(run);
    } else if (!order_worker(run)) {
        run_spawned(run, 0, errno);
    } else {
        crash_point(spawn_after_order);
    }
}

static void begin_clearing(struct run *run)
{
    run->phase = RUN_CLEARING;
    run->clearing_ms = clock_ms();
    runs_note_clearing(run->app->runs, run);
}

void run_spawned(struct run *run, pid_t pid, int error)
{
    if (error != 0) {
        run->app->metrics.fork_failures++;
        run->start_errno = error;
        if (run->leaf == NULL || cgroup_leaf_is_empty(run->leaf)) {
            run_end(run);
            return;
        }
        begin_clearing(run); /* a template that died may have cloned and told nobody */
        run_kill_leaf(run);
        return;
    }
    crash_point(spawn_after_answer);
    runs_set_pid(run->app->runs, run, pid);
    run->phase = RUN_RUNNING;
    if (reaper_watch(run))
        return;
    run_arm_timer(run);
    run_stop_late(run);
}

void run_on_exit(struct run *run, int wait_status, const struct rusage *usage)
{
    runs_clear_pid(run->app->runs, run);
    run->reaped = true;
    run->wait_status = wait_status;
    run->usage = *usage;
    run_pause_over(run);
    crash_point(reap_after_wait);
    begin_clearing(run); /* tree_check() follows each round of reaping */
    if (run->timer != NULL)
        evtimer_del(run->timer);
}

static void collected_cb(struct run *run, const char *error)
{
    if (error != NULL) {
        run->bad_result = true;
        run->artifact.key[0] = '\0';
        free(run->error);
        run->error = utf8_sanitise(error, strlen(error), RUN_ERROR_MAX);
    }
    run_end(run);
}

/* How it is known that nothing is left. */
static void note_empty(struct run *run)
{
    char *detail =
        xasprintf("{\"containment\":\"%s\",\"processes\":%u,\"after_ms\":%lld}",
                  run->leaf != NULL ? "cgroup" : "session", run->processes,
                  (long long)(clock_ms() - (run->stop_ms > 0 ? run->stop_ms : run->clearing_ms)));

    run_event(run, "tree_empty", STORE_SYSTEM, detail);
    free(detail);
}

static void collect(struct run *run)
{
    struct run_facts facts = run_facts(run);

    run->phase = RUN_COLLECTING;
    if (run->stop == STOP_NONE && run->processes > 0)
        run_log(run, LOG_LEVEL_WARN, "the task had left %u processes behind, which were killed",
                run->processes);
    if (run->stop != STOP_NONE || run->processes > 0)
        note_empty(run);
    if (run->artifact_path == NULL || run_outcome(&facts).status != TASK_SUCCESS) {
        run_end(run);
        return;
    }
    artifact_collect(run, collected_cb);
}

void run_tree_empty(struct run *run)
{
    run->phase = RUN_DRAINING;
    run_drain(run);
}

void run_drain(struct run *run)
{
    if (run_output_drain(run))
        collect(run);
}

void run_free(struct run *run)
{
    runs_remove(run->app->runs, run);
    reaper_forget(run);
    run_pause_over(run);
    if (run->pause_timer != NULL)
        event_free(run->pause_timer);
    run_output_close(run);
    run_message_forget(run);
    give_leaf_back(run);
    if (run->timer != NULL)
        event_free(run->timer);
    type_unref(run->type);
    task_clear(&run->task);
    free(run->work_dir);
    free(run->result);
    free(run->error);
    free(run->artifact_path);
    free(run->artifact_name);
    free(run->artifact_type);
    free(run->last_error_line);
    free(run->stop_actor);
    free(run->stop_address);
    free(run->killed_by);
    free(run->history);
    free(run->final_error);
    free(run->killed);
    free(run);
}
