/* SPDX-License-Identifier: MIT */
/* The smallest plugin: a type that does nothing and succeeds. Shows the frame, and measures what a
 * task costs. */
#include <taskyard/task.h>

static int run_noop(struct taskyard_task *task, void *runner)
{
    (void)task;
    (void)runner;
    return TASKYARD_OK;
}

static const struct taskyard_runner runners[] = {{.type = "noop", .run = run_noop}, {.type = NULL}};

TASKYARD_EXPORT const struct taskyard_plugin taskyard_plugin = {TASKYARD_TASK_ABI, runners};
