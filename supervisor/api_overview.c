/* SPDX-License-Identifier: MIT */
/* All that a start page shows, in one answer. */
#include "common/json_util.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/http_call.h"
#include "supervisor/scheduler.h"
#include "supervisor/service.h"
#include "supervisor/store_overview.h"
#include "supervisor/task_json.h"

#include <stdlib.h>
#include <string.h>

static void add_counts(json_object *object, const uint64_t counts[5], enum task_status first)
{
    for (int i = (int)first; i <= TASK_CANCELLED; i++)
        json_add_int(object, task_status_name((enum task_status)i), (int64_t)counts[i]);
}

static json_object *outcomes_json(const struct store_overview *overview)
{
    json_object *array = json_object_new_array_ext(STORE_OVERVIEW_HOURS), *object;

    for (size_t i = 0; i < STORE_OVERVIEW_HOURS; i++) {
        const struct store_overview_hour *hour = &overview->hours[i];
        if (hour->from_us < overview->counted_from_us)
            continue;
        object = json_object_new_object();
        json_add_time(object, "from", hour->from_us);
        add_counts(object, hour->counts, TASK_SUCCESS);
        json_object_array_add(array, object);
    }
    return array;
}

/* Where something goes wrong first, then by name. */
static int by_failures(const void *a, const void *b)
{
    const struct store_overview_type *left = a, *right = b;

    if (left->counts[TASK_FAILED] != right->counts[TASK_FAILED])
        return left->counts[TASK_FAILED] < right->counts[TASK_FAILED] ? 1 : -1;
    return strcmp(left->name, right->name);
}

static json_object *types_json(const struct store_overview *overview)
{
    json_object *array = json_object_new_array_ext((int)overview->type_count), *object;
    struct store_overview_type types[STORE_OVERVIEW_TYPES];

    memcpy(types, overview->types, sizeof(types));
    qsort(types, overview->type_count, sizeof(types[0]), by_failures);
    for (size_t i = 0; i < overview->type_count; i++) {
        object = json_object_new_object();
        json_add_string(object, "type", types[i].name);
        add_counts(object, types[i].counts, TASK_PENDING);
        json_object_array_add(array, object);
    }
    return array;
}

static json_object *tasks_json(struct http_call *call, const struct task *tasks, size_t count)
{
    json_object *array = json_object_new_array_ext((int)count);

    for (size_t i = 0; i < count; i++) {
        struct task view = tasks[i];
        service_overlay(http_call_app(call), &view);
        json_object_array_add(array, task_json(&view, TASK_JSON_NO_PAYLOAD));
    }
    return array;
}

static void overview_cb(void *arg, enum store_result result, const struct store_overview *overview)
{
    const struct app *app = http_call_app(arg);
    json_object *data;

    if (result != STORE_OK) {
        http_reply_store(arg, result, "overview");
        return;
    }
    data = json_object_new_object();
    json_add_time(data, "as_of", overview->now_us);
    json_add_bool(data, "draining", app->draining);
    json_add_int(data, "max_concurrent", scheduler_limit(app->scheduler));
    json_add_int(data, "running", (int64_t)overview->running);
    json_add_int(data, "pending", (int64_t)overview->pending);
    json_add_int(data, "due_later", (int64_t)overview->due_later);
    json_add_time(data, "oldest_due_at", overview->oldest_due_us);
    json_object_object_add(data, "outcomes", outcomes_json(overview));
    json_object_object_add(data, "types", types_json(overview));
    json_object_object_add(data, "running_tasks",
                           tasks_json(arg, overview->running_tasks, overview->running_count));
    json_object_object_add(data, "failures",
                           tasks_json(arg, overview->failures, overview->failure_count));
    http_reply_data(arg, data);
}

void api_overview(struct http_call *call)
{
    store_overview(http_call_app(call)->store, http_call_who(call), http_call_deadline(call),
                   overview_cb, call);
}
