/* SPDX-License-Identifier: MIT */
/* The service itself over HTTP: health, status, types, settings, drain. Status and health answer
 * from memory. */
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/http_call.h"
#include "supervisor/lifecycle.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/template.h"
#include "supervisor/type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const state_names[] = {"connecting", "ready", "stalled", "refused"};

void api_healthz(struct http_call *call)
{
    http_reply_message(call, "alive");
}

void api_readyz(struct http_call *call)
{
    const struct app *app = http_call_app(call);
    const char *why = NULL;
    enum store_state state = store_state(app->store, &why);

    if (app->draining)
        http_reply_error(call, "E5031", "the service is stopping");
    else if (state != STORE_READY)
        http_reply_error(call, "E5031", "the database is %s", state_names[state]);
    else if (!template_is_ready(app->template))
        http_reply_error(call, "E5031", "workers cannot be started yet");
    else
        http_reply_message(call, "ready");
}

/* ---- status ---- */

static void add_worker(struct run *run, void *arg)
{
    json_object *workers = arg, *object;

    if (run->phase == RUN_ENDED)
        return;
    object = json_object_new_object();
    json_add_string(object, "task_id", run->task.id);
    json_add_string(object, "type", run->task.type);
    json_add_int(object, "attempt", run->task.attempt);
    if (run->pid > 0)
        json_add_int(object, "pid", run->pid);
    json_add_int(object, "progress", run->task.progress);
    json_object_object_add(object, "seconds",
                           json_object_new_double((double)(clock_ms() - run->started_ms) / 1000));
    json_object_array_add(workers, object);
}

static json_object *status_json(const struct app *app)
{
    json_object *status = json_object_new_object(), *database = json_object_new_object(),
                *workers = json_object_new_array();
    const char *why = NULL;

    json_add_string(status, "version", PACKAGE_VERSION);
    json_add_string(status, "node", app->config->node);
    json_add_string(status, "incarnation", app->incarnation);
    json_add_int(status, "pid", getpid());
    json_add_int(status, "uptime_seconds", (clock_ms() - app->started_ms) / 1000);
    json_add_bool(status, "draining", app->draining);
    json_add_string(database, "state", state_names[store_state(app->store, &why)]);
    json_add_string(database, "detail", why);
    json_object_object_add(status, "database", database);
    json_add_int(status, "max_concurrent", scheduler_limit(app->scheduler));
    json_add_int(status, "running", (int64_t)runs_live(app->runs));
    json_add_int(status, "types", (int64_t)type_registry_count(app->types));
    runs_each(app->runs, add_worker, workers);
    json_object_object_add(status, "workers", workers);
    return status;
}

static void counts_cb(void *arg, enum store_result result, const uint64_t counts[5])
{
    json_object *status = status_json(http_call_app(arg));

    if (result == STORE_OK) {
        json_object *object = json_object_new_object();
        for (int i = 0; i <= TASK_CANCELLED; i++)
            json_add_int(object, task_status_name((enum task_status)i), (int64_t)counts[i]);
        json_object_object_add(status, "counts", object);
        json_add_int(status, "pending", (int64_t)counts[TASK_PENDING]);
    }
    http_reply_data(arg, status);
}

void api_status(struct http_call *call)
{
    struct app *app = http_call_app(call);

    if (store_state(app->store, NULL) == STORE_READY)
        store_task_counts(app->store, 200, counts_cb, call);
    else
        http_reply_data(call, status_json(app));
}

void api_drain(struct http_call *call)
{
    struct app *app = http_call_app(call);

    http_reply_message(call,
                       "The service takes no new tasks and stops when the running ones have ended");
    lifecycle_drain(app);
}

/* ---- types ---- */

static json_object *type_json(const struct task_type *type)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "name", type->name);
    json_add_string(object, "runner", type->plugin != NULL ? "plugin" : "command");
    json_add_int(object, "max_retries", type->max_retries);
    json_object_object_add(object, "timeout", json_object_new_double(type->timeout_ms / 1000.0));
    json_object_object_add(object, "stall_timeout",
                           json_object_new_double(type->stall_timeout_ms / 1000.0));
    json_object_object_add(object, "grace", json_object_new_double(type->grace_ms / 1000.0));
    json_add_string(object, "on_interrupt",
                    type->on_interrupt == ON_INTERRUPT_FAIL ? "fail" : "requeue");
    json_add_string(object, "source", type->source);
    return object;
}

void api_types(struct http_call *call)
{
    const struct type_registry *types = http_call_app(call)->types;
    json_object *array = json_object_new_array();

    for (size_t i = 0; i < type_registry_count(types); i++)
        json_object_array_add(array, type_json(type_registry_at(types, i)));
    http_reply_data(call, array);
}

static void reloaded_cb(void *arg, const struct type_registry *types)
{
    json_object *data, *problems;

    if (types == NULL) {
        http_reply_error(arg, "E5001", "the types could not be reloaded; those in use stay");
        return;
    }
    data = json_object_new_object();
    problems = json_object_new_array();
    json_add_string(data, "message", "Types reloaded");
    for (size_t i = 0; i < type_registry_problem_count(types); i++)
        json_object_array_add(problems, json_object_new_string(type_registry_problem_at(types, i)));
    json_object_object_add(data, "problems", problems);
    http_reply_data(arg, data);
}

void api_types_reload(struct http_call *call)
{
    lifecycle_reload(http_call_app(call), reloaded_cb, call);
}

/* ---- settings ---- */

void api_settings_get(struct http_call *call)
{
    json_object *settings = json_object_new_object();
    unsigned limit = scheduler_limit(http_call_app(call)->scheduler);

    json_add_int(settings, "max_concurrent", limit);
    json_add_int(settings, "task_max_concurrent", limit);
    http_reply_data(call, settings);
}

static bool wanted_limit(json_object *body, int64_t *limit, bool *given)
{
    static const char *const names[] = {"max_concurrent", "task_max_concurrent"};

    *given = false;
    for (size_t i = 0; i < 2; i++) {
        enum json_get got = json_get_int(body, names[i], 1, SCHEDULER_LIMIT_MAX, limit);
        if (got == JSON_WRONG_TYPE)
            return false;
        *given = *given || got == JSON_OK;
    }
    return true;
}

static void settings_cb(void *arg, enum store_result result)
{
    struct http_call *call = arg;
    int64_t limit = 0;
    bool given;

    if (result != STORE_OK) {
        http_reply_store(call, result, "setting");
        return;
    }
    wanted_limit(http_call_body(call), &limit, &given);
    scheduler_set_limit(http_call_app(call)->scheduler, (unsigned)limit);
    http_reply_message(call, "Task settings updated successfully");
}

void api_settings_put(struct http_call *call)
{
    json_object *body = http_call_body(call);
    char text[24];
    int64_t limit = 0;
    bool given;

    if (body == NULL)
        return;
    if (!wanted_limit(body, &limit, &given)) {
        http_reply_error(call, "E4002", "task_max_concurrent must be an integer from 1 to %d",
                         SCHEDULER_LIMIT_MAX);
        return;
    }
    if (!given) {
        http_reply_message(call, "Task settings updated successfully");
        return;
    }
    snprintf(text, sizeof(text), "%lld", (long long)limit);
    store_setting_set(http_call_app(call)->store, "task_max_concurrent", text,
                      http_call_actor(call), API_DEADLINE_MS, settings_cb, call);
}
