/* SPDX-License-Identifier: MIT */
/* create, run, destroy of one runner; whatever it does wrong ends this process only. */
#include "worker/run_plugin.h"
#include "common/exitcode.h"
#include "worker/plugin.h"
#include "worker/sdk.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static int call_runner(const struct taskyard_runner *runner, struct taskyard_task *task)
{
    const char *problem = NULL;
    void *made = NULL;
    int returned;

    if (runner->create != NULL)
        problem = runner->create(task, &made);
    if (problem != NULL) {
        taskyard_fail(task, "%s", problem);
        return sdk_finish(task, TASKYARD_FAILED);
    }
    returned = runner->run(task, made);
    /* First the outcome: a destroy that crashes or hangs shall not hide it. */
    returned = sdk_finish(task, returned);
    if (runner->destroy != NULL)
        runner->destroy(made);
    return returned;
}

/* The runner, loaded now if the template does not hold it. Does not return without one. */
static const struct taskyard_runner *runner_of(const struct worker_type *type)
{
    const struct taskyard_runner *runner = type->runner;
    char *why = NULL;

    if (runner == NULL)
        runner = plugin_load(type->plugin, type->name, &why);
    if (runner != NULL)
        return runner;
    sdk_start_error("%s", why);
    _exit(WORKER_EXIT_NOT_FOUND);
}

_Noreturn void run_plugin(const struct worker_type *type, const struct order_spawn *spawn,
                          char **environment)
{
    sigset_t none;
    int status;

    environ = environment;
    prctl(PR_SET_NAME, spawn->type);  /* the first 15 bytes, for ps and top */
    setvbuf(stdout, NULL, _IOLBF, 0); /* lines of a runner's printf are seen while it runs */
    sdk_catch_sigterm();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* a SIGTERM of the first moment arrives now */
    status = call_runner(runner_of(type), sdk_task_new(spawn));
    fflush(NULL);
    _exit(status);
}
