/* SPDX-License-Identifier: MIT */
/* struct task to JSON; pure. */
#include "supervisor/task_json.h"
#include "common/json_util.h"

#include <string.h>

static void add_unless_empty(json_object *object, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        json_add_string(object, key, text);
}

static void add_times(json_object *object, const struct task *task)
{
    json_add_time(object, "created_at", task->created_at_us);
    json_add_time(object, "updated_at", task->updated_at_us);
    json_add_time(object, "started_at", task->started_at_us);
    json_add_time(object, "finished_at", task->finished_at_us);
    json_add_time(object, "cancel_requested_at", task->cancel_requested_at_us);
    if (task->status == TASK_RUNNING)
        json_add_time(object, "paused_at", task->paused_at_us);
    if (task->status == TASK_PENDING)
        json_add_time(object, "due_at", task->due_at_us);
}

json_object *task_json(const struct task *task, enum task_json_part part)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "id", task->id);
    json_add_string(object, "type", task->type);
    json_add_string(object, "status", task_status_name(task->status));
    json_add_int(object, "progress", task->progress);
    add_unless_empty(object, "progress_text", task->progress_text);
    add_unless_empty(object, "result", task->result);
    add_unless_empty(object, "error", task->error);
    json_add_string(object, "creator_id", task->creator_id);
    json_add_string(object, "category",
                    strcmp(task->creator_id, TASK_CREATOR_SYSTEM) == 0 ? "system" : "user");
    add_unless_empty(object, "artifact_file_key", task->artifact_file_key);
    add_unless_empty(object, "artifact_file_name", task->artifact_file_name);
    json_add_int(object, "attempt", task->attempt);
    json_add_int(object, "retry_count", task->retry_count);
    json_add_int(object, "auto_retry_count", task->auto_retry_count);
    json_add_int(object, "max_retries", task->max_retries);
    if (part == TASK_JSON_WHOLE)
        add_unless_empty(object, "payload", task->payload);
    add_times(object, task);
    return object;
}
