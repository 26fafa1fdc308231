/* SPDX-License-Identifier: MIT */
/* The five statuses and the moves between them. */
#include "common/task.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"pending", "running", "success", "failed", "cancelled"};
#define STATUS_COUNT (sizeof(names) / sizeof(names[0]))

/* moves[from][to] */
static const bool moves[STATUS_COUNT][STATUS_COUNT] = {
    [TASK_PENDING] = {[TASK_RUNNING] = true, [TASK_CANCELLED] = true},
    [TASK_RUNNING] = {[TASK_PENDING] = true,
                      [TASK_SUCCESS] = true,
                      [TASK_FAILED] = true,
                      [TASK_CANCELLED] = true},
    [TASK_FAILED] = {[TASK_PENDING] = true},
    [TASK_CANCELLED] = {[TASK_PENDING] = true},
};

const char *task_status_name(enum task_status status)
{
    return names[status];
}

bool task_status_parse(const char *name, enum task_status *status)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (strcmp(name, names[i]) == 0) {
            *status = (enum task_status)i;
            return true;
        }
    }
    return false;
}

bool task_status_is_final(enum task_status status)
{
    return status != TASK_PENDING && status != TASK_RUNNING;
}

bool task_may_move(enum task_status from, enum task_status to)
{
    return moves[from][to];
}

void task_clear(struct task *task)
{
    free(task->type);
    free(task->progress_text);
    free(task->payload);
    free(task->result);
    free(task->error);
    free(task->creator_id);
    free(task->artifact_file_key);
    free(task->artifact_file_name);
    memset(task, 0, sizeof(*task));
}
