/* SPDX-License-Identifier: MIT */
/* A plugin of an ABI that does not exist, for the tests. */
#include <taskyard/task.h>

static const struct taskyard_runner runners[] = {{.type = NULL}};

TASKYARD_EXPORT const struct taskyard_plugin taskyard_plugin = {TASKYARD_TASK_ABI + 41, runners};
