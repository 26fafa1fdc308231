/* SPDX-License-Identifier: MIT */
/* A run with real pipes and timers, and the parts around it played by the test. */
#include "tests/run_fixture.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/artifact.h"
#include "supervisor/config.h"
#include "supervisor/events.h"
#include "supervisor/offload.h"
#include "supervisor/progress.h"
#include "supervisor/reaper.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/task_log.h"
#include "supervisor/template.h"
#include "supervisor/tree.h"
#include "supervisor/workdir.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

struct app app;
static struct config config;
struct task_type *type;
struct run *run;   /* the one under test */
struct run *ended; /* as the scheduler got it */
int fds[ORDER_SPAWN_FDS];
int spawn_error;

/* ---- the parts the test plays ---- */

bool template_spawn(struct template *template, struct run *ordered,
                    const int given[ORDER_SPAWN_FDS])
{
    (void)template;
    run = ordered;
    for (int i = 0; i < ORDER_SPAWN_FDS; i++)
        fds[i] = dup(given[i]);
    errno = spawn_error;
    return spawn_error == 0;
}

void scheduler_ended(struct run *over)
{
    ck_assert_ptr_null(ended);
    ended = over;
    runs_note_ended(app.runs);
}

void tree_each_stray(struct run *of, void (*each)(void *arg, pid_t pid), void *arg)
{
    (void)of, (void)each, (void)arg;
}

bool reaper_watch(struct run *of)
{
    (void)of;
    return false;
}

void reaper_forget(struct run *of)
{
    (void)of;
}

char *workdir_take(struct workdirs *workdirs)
{
    (void)workdirs;
    return xstrdup("/nonexistent/work/1");
}

void workdir_give_back(struct workdirs *workdirs, const char *path)
{
    (void)workdirs, (void)path;
}

void artifact_collect(struct run *of, void (*done)(struct run *run, const char *error))
{
    done(of, strcmp(of->artifact_path, "missing") == 0 ? "the artifact \"missing\" cannot be used"
                                                       : NULL);
}

static struct task_type *new_type(void)
{
    struct task_type *fresh = xcalloc(1, sizeof(*fresh));

    fresh->references = 1;
    fresh->name = xstrdup("t");
    fresh->source = xstrdup("test:1");
    fresh->command = xcalloc(1, sizeof(char *));
    fresh->environment = xcalloc(1, sizeof(char *));
    fresh->grace_ms = 50;
    return fresh;
}

void run_fixture_set_up(void)
{
    memset(&app, 0, sizeof(app));
    fake_reset();
    run = ended = NULL;
    spawn_error = 0;
    config.state_dir = (char *)"/nonexistent";
    app.config = &config;
    app.base = event_base_new();
    app.runs = runs_new();
    app.events = events_new();
    app.types = type_registry_new();
    app.task_log = task_log_new(&app);
    app.json_thread = offload_new(app.base);
    progress_start(&app);
    type = new_type();
    type_registry_add(app.types, type);
}

void start(const char *type_name)
{
    struct task task = {.row_id = 1, .id = "00000001-0000-4000-8000-000000000000", .attempt = 1};

    task.type = xstrdup(type_name);
    task.creator_id = xstrdup("system");
    task.payload = xstrdup("{\"n\":1}");
    run_start(&app, &task);
}

/* Makes a real process for the run, in a session of its own, that waits to be killed. */
pid_t give_process(bool ignores_term)
{
    int ready[2];
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        setsid();
        signal(SIGTERM, ignores_term ? SIG_IGN : SIG_DFL); /* libcheck's own handler is inherited */
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    run_spawned(run, pid, 0);
    return pid;
}

void say(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

void turn(void)
{
    event_base_loop(app.base, EVLOOP_NONBLOCK);
}

/* What the reaper and the tree do. */
void finish(int wait_status)
{
    struct rusage usage = {0};

    run_on_exit(run, wait_status, &usage);
    ck_assert_int_eq(run->phase, RUN_CLEARING);
    runs_note_cleared(app.runs, run);
    run_tree_empty(run);
}

int reap(pid_t pid)
{
    int wait_status;

    ck_assert_int_eq(waitpid(pid, &wait_status, 0), pid);
    return wait_status;
}

/* Turns the loop until the process is dead; the alarm of the test framework ends a run that never
 * gets there. */
int turn_until_dead(pid_t pid)
{
    siginfo_t info = {0};

    while (info.si_pid == 0) {
        turn();
        ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
    }
    return reap(pid);
}
