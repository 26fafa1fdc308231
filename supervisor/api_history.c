/* SPDX-License-Identifier: MIT */
/* What is known of a task's past: its attempts, its audit trail, its log. */
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/http_call.h"
#include "supervisor/task_log.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_LIMIT_DEFAULT 1000
#define LOG_LIMIT_MAX 10000

static void add_number_text(json_object *object, const char *key, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    json_add_string(object, key, text);
}

/* NULL: the call has been answered with the error. */
static json_object *begin_array(struct http_call *call, enum store_result result)
{
    if (result == STORE_OK)
        return json_object_new_array();
    http_reply_store(call, result, "task");
    return NULL;
}

static json_object *attempt_json(const struct store_attempt_row *row)
{
    json_object *object = json_object_new_object();
    const char *name = row->term_signal > 0 ? sigabbrev_np(row->term_signal) : NULL;
    char *signal_name = name != NULL ? xasprintf("SIG%s", name) : NULL;

    json_add_int(object, "attempt", row->attempt);
    json_add_string(object, "node", row->node);
    if (row->pid > 0)
        json_add_int(object, "pid", row->pid);
    if (row->cause[0] != '\0')
        json_add_string(object, "cause", row->cause);
    json_add_string(object, "error", row->error);
    if (row->exit_status >= 0)
        json_add_int(object, "exit_status", row->exit_status);
    json_add_string(object, "signal", signal_name);
    json_add_time(object, "started_at", row->started_at_us);
    json_add_time(object, "finished_at", row->finished_at_us);
    json_object_object_add(object, "cpu_seconds",
                           json_object_new_double((double)row->cpu_us / 1e6));
    json_add_int(object, "peak_memory_bytes", row->peak_memory_bytes);
    json_add_int(object, "progress", row->progress);
    free(signal_name);
    return object;
}

static void attempts_cb(void *arg, enum store_result result, const struct store_attempt_row *rows,
                        size_t count)
{
    json_object *array = begin_array(arg, result);

    if (array == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, attempt_json(&rows[i]));
    http_reply_data(arg, array);
}

void api_task_attempts(struct http_call *call)
{
    if (http_call_id_is_good(call))
        store_attempt_list(http_call_app(call)->store, http_call_part(call, 0), http_call_who(call),
                           http_call_deadline(call), attempts_cb, call);
}

static json_object *event_json(const struct store_event_row *row)
{
    json_object *object = json_object_new_object(), *detail;
    const char *why;

    add_number_text(object, "id", row->id);
    if (row->attempt > 0)
        json_add_int(object, "attempt", row->attempt);
    json_add_string(object, "kind", row->kind);
    json_add_string(object, "actor", row->actor);
    json_add_string(object, "address", row->address);
    if (row->detail != NULL &&
        (detail = json_parse_text(row->detail, strlen(row->detail), &why)) != NULL)
        json_object_object_add(object, "detail", detail);
    json_add_time(object, "created_at", row->created_at_us);
    return object;
}

static void timeline_cb(void *arg, enum store_result result, const struct store_event_row *rows,
                        size_t count)
{
    json_object *array = begin_array(arg, result);

    if (array == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, event_json(&rows[i]));
    http_reply_data(arg, array);
}

void api_task_timeline(struct http_call *call)
{
    if (http_call_id_is_good(call))
        store_event_list(http_call_app(call)->store, http_call_part(call, 0), http_call_who(call),
                         http_call_deadline(call), timeline_cb, call);
}

static json_object *log_json(const struct http_call *call, const struct store_log_row *row)
{
    json_object *object = json_object_new_object();

    add_number_text(object, "id", row->id);
    json_add_string(object, "task_id", http_call_part(call, 0));
    json_add_int(object, "attempt", row->attempt);
    json_add_string(object, "level", log_level_name(row->level));
    json_add_string(object, "message", row->message);
    json_add_time(object, "created_at", row->created_at_us);
    json_add_time(object, "updated_at", row->created_at_us);
    return object;
}

static void logs_cb(void *arg, enum store_result result, const struct store_log_row *rows,
                    size_t count)
{
    json_object *array = begin_array(arg, result);

    if (array == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, log_json(arg, &rows[i]));
    http_reply_data(arg, array);
}

void api_task_logs(struct http_call *call)
{
    const char *after = http_call_query(call, "after");
    unsigned limit = http_call_query_number(call, "limit", 1, LOG_LIMIT_MAX, LOG_LIMIT_DEFAULT);

    if (!http_call_id_is_good(call))
        return;
    task_log_flush(http_call_app(call)->task_log);
    store_log_list(http_call_app(call)->store, http_call_part(call, 0), http_call_who(call),
                   after != NULL ? strtoull(after, NULL, 10) : 0, limit, http_call_deadline(call),
                   logs_cb, call);
}
