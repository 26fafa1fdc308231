/* SPDX-License-Identifier: MIT */
/* The task as JSON, as every answer and event shows it. */
#ifndef SUPERVISOR_TASK_JSON_H
#define SUPERVISOR_TASK_JSON_H

#include "common/task.h"
#include <json-c/json.h>

enum task_json_part { TASK_JSON_WHOLE, TASK_JSON_NO_PAYLOAD };

/* Empty strings and unset times are left out; id, type, status, progress, counters and creator_id
 * are always there. The caller releases the object. */
json_object *task_json(const struct task *task, enum task_json_part part);

#endif
