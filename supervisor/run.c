/* SPDX-License-Identifier: MIT */
/* The life of a run: order a worker, learn its pid, see it end, see its tree empty, collect its
 * artifact. */
#include "supervisor/run.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/artifact.h"
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
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void run_end(struct run *run)
{
    struct run_facts facts = run_facts(run);

    run_output_close(run);
    run->verdict = run_outcome(&facts);
    run->final_error = run_error_text(run, &run->verdict);
    run->phase = RUN_ENDED;
    run->ended_ms = clock_ms();
    if (run->timer != NULL)
        evtimer_del(run->timer);
    workdir_give_back(run->app->workdirs, run->work_dir);
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

static bool order_worker(struct run *run)
{
    int ends[RUN_STREAMS] = {-1, -1, -1}, input = -1, saved_errno;
    bool ordered = false;

    if (run_output_open(run, ends) && (input = payload_fd(run->task.payload)) >= 0) {
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
    if (run->type == NULL) {
        run_end(run);
        return;
    }
    if (app->draining || !order_worker(run)) {
        run->start_errno =
            app->draining ? ECANCELED : errno; /* claimed just before the drain: given back */
        run_end(run);
    }
}

void run_spawned(struct run *run, pid_t pid, int error)
{
    if (error != 0) {
        run->start_errno = error;
        run_end(run);
        return;
    }
    runs_set_pid(run->app->runs, run, pid);
    run->phase = RUN_RUNNING;
    if (reaper_claim_early(run->app, run))
        return;
    run_arm_timer(run);
    if (run->stop != STOP_NONE) /* asked for before there was a process */
        run_stop(run, run->stop, TASK_CREATOR_SYSTEM);
}

void run_on_exit(struct run *run, int wait_status, const struct rusage *usage)
{
    runs_clear_pid(run->app->runs, run);
    run->reaped = true;
    run->wait_status = wait_status;
    run->usage = *usage;
    run->phase = RUN_CLEARING; /* tree_check() follows each round of reaping */
    if (run->timer != NULL)
        evtimer_del(run->timer);
}

static void collected_cb(struct run *run, const char *error)
{
    if (error != NULL) {
        run->bad_result = true;
        run->artifact.key[0] = '\0';
        free(run->error);
        run->error = xstrdup(error);
    }
    run_end(run);
}

void run_tree_empty(struct run *run)
{
    struct run_facts facts;

    run_output_drain(run);
    run->phase = RUN_COLLECTING;
    facts = run_facts(run);
    if (run->stop != STOP_NONE)
        run_event(run, "tree_empty", TASK_CREATOR_SYSTEM, NULL);
    if (run->artifact_path == NULL || run_outcome(&facts).status != TASK_SUCCESS) {
        run_end(run);
        return;
    }
    artifact_collect(run, collected_cb);
}

void run_free(struct run *run)
{
    runs_remove(run->app->runs, run);
    run_output_close(run);
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
    free(run->final_error);
    free(run);
}
