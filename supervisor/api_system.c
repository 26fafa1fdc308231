/* SPDX-License-Identifier: MIT */
/* The service itself over HTTP: health, status, types, drain. Status and health answer
 * from memory. */
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/cgroup.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/disk_room.h"
#include "supervisor/http_call.h"
#include "supervisor/lifecycle.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/template.h"
#include "supervisor/type.h"
#include "supervisor/upgrade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const state_names[] = {"connecting", "ready", "stalled", "refused"};

/* What has not told its settings yet is not ready either. */
static enum store_state database_state(const struct app *app, const char **why)
{
    enum store_state state = store_state(app->store, why);

    return state == STORE_READY && !app->settings_known ? STORE_CONNECTING : state;
}

void api_healthz(struct http_call *call)
{
    http_reply_message(call, "alive");
}

void api_readyz(struct http_call *call)
{
    const struct app *app = http_call_app(call);
    const char *why = NULL;
    enum store_state state = database_state(app, &why);

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

static json_object *disk_json(const struct app *app)
{
    json_object *disk = json_object_new_object();

    json_add_bool(disk, "low", disk_room_is_low(app->disk_room));
    if (disk_room_bytes(app->disk_room) >= 0)
        json_add_int(disk, "free_bytes", disk_room_bytes(app->disk_room));
    return disk;
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
    json_add_bool(status, "upgrading", app->upgrading);
    json_add_int(status, "upgrades", app->upgrades);
    json_add_string(status, "upgrade_error", upgrade_error(app->upgrade));
    json_add_string(status, "containment", cgroup_containment(app->cgroup));
    json_add_string(database, "state", state_names[database_state(app, &why)]);
    json_add_string(database, "detail", why);
    json_object_object_add(status, "database", database);
    json_object_object_add(status, "disk", disk_json(app));
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

/* The answer is on its way before anything is given up: the new program has only been tried. */
static void tried_cb(void *arg, const char *why)
{
    if (why != NULL)
        http_reply_error(arg, "E4091", "%s", why);
    else
        http_reply_message(arg, "The new program is fit to take over and does so now");
}

void api_upgrade(struct http_call *call)
{
    upgrade_start(http_call_app(call)->upgrade, tried_cb, call);
}

/* ---- types ---- */

static json_object *causes_json(unsigned causes)
{
    json_object *array = json_object_new_array();

    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (causes & CAUSE_BIT(cause))
            json_object_array_add(
                array, json_object_new_string(attempt_cause_name((enum attempt_cause)cause)));
    return array;
}

static json_object *type_json(const struct task_type *type)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "name", type->name);
    json_add_string(object, "runner", type->plugin != NULL ? "plugin" : "command");
    json_add_int(object, "max_retries", type->max_retries);
    json_object_object_add(object, "retry_on", causes_json(type->retry_on));
    json_object_object_add(object, "timeout", json_object_new_double(type->timeout_ms / 1000.0));
    json_object_object_add(object, "stall_timeout",
                           json_object_new_double(type->stall_timeout_ms / 1000.0));
    json_object_object_add(object, "grace", json_object_new_double(type->grace_ms / 1000.0));
    json_add_string(object, "on_interrupt",
                    type->on_interrupt == ON_INTERRUPT_FAIL ? "fail" : "requeue");
    json_add_string(object, "network", type->no_network ? "none" : "host");
    json_add_bool(object, "read_only", type->read_only);
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

static json_object *names_json(const struct config_names *names)
{
    json_object *array = json_object_new_array();

    for (size_t i = 0; i < names->count; i++)
        json_object_array_add(array, json_object_new_string(names->at[i]));
    return array;
}

static void reloaded_cb(void *arg, const struct type_registry *types)
{
    const struct config_reload *config = &http_call_app(arg)->config_reload;
    json_object *data, *problems;

    if (types == NULL) {
        http_reply_error(arg, "E5001", "the types could not be reloaded; those in use stay");
        return;
    }
    data = json_object_new_object();
    problems = json_object_new_array();
    json_add_string(data, "message", "Configuration and types reloaded");
    if (config->fault != NULL)
        json_object_array_add(problems, json_object_new_string(config->fault));
    for (size_t i = 0; i < type_registry_problem_count(types); i++)
        json_object_array_add(problems, json_object_new_string(type_registry_problem_at(types, i)));
    json_object_object_add(data, "problems", problems);
    json_object_object_add(data, "changed", names_json(&config->changed));
    json_object_object_add(data, "restart_needed", names_json(&config->waiting));
    http_reply_data(arg, data);
}

void api_types_reload(struct http_call *call)
{
    struct app *app = http_call_app(call);

    config_reload(app->config, &app->config_reload);
    lifecycle_reload(app, reloaded_cb, call);
}
