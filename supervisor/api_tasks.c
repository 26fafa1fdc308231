/* SPDX-License-Identifier: MIT */
/* Tasks over HTTP: check what was sent, ask the service, answer in the contract's shapes. */
#include "common/json_util.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/events.h"
#include "supervisor/http_call.h"
#include "supervisor/service.h"
#include "supervisor/task_json.h"

#include <stdlib.h>
#include <string.h>

#define KEY_MAX 128

/* ---- create ---- */

struct create_body {
    struct service_create request;
    bool many;
};

static const char *payload_text(json_object *body, bool *good)
{
    json_object *payload;

    *good = true;
    if (!json_object_object_get_ex(body, "payload", &payload) || payload == NULL)
        return NULL;
    if (!json_object_is_type(payload, json_type_string))
        return json_object_to_json_string_ext(payload, JSON_C_TO_STRING_PLAIN |
                                                           JSON_C_TO_STRING_NOSLASHESCAPE);
    *good = strlen(json_object_get_string(payload)) == (size_t)json_object_get_string_len(payload);
    return json_object_get_string(payload);
}

/* The member that is wrong and why, or NULL. */
static const char *read_create(json_object *body, struct create_body *create)
{
    struct service_create *request = &create->request;
    int64_t retries = -1, count = 1;
    bool good;

    if (json_get_string(body, "type", &request->type) != JSON_OK || request->type[0] == '\0')
        return "type is missing: it names what to run, as a string";
    if (strlen(request->type) > TASK_TYPE_MAX)
        return "type is longer than 64 bytes";
    request->payload = payload_text(body, &good);
    if (!good)
        return "payload holds a NUL character";
    if (json_get_string(body, "creator", &request->creator) == JSON_WRONG_TYPE ||
        (request->creator != NULL &&
         (request->creator[0] == '\0' || strlen(request->creator) > TASK_CREATOR_MAX)))
        return "creator must be a string of 1 to 64 bytes";
    if (json_get_int(body, "max_retries", 0, SERVICE_RETRIES_MAX, &retries) == JSON_WRONG_TYPE)
        return "max_retries must be an integer from 0 to 1000";
    create->many = json_object_object_get_ex(body, "count", NULL);
    if (json_get_int(body, "count", 1, SERVICE_COUNT_MAX, &count) == JSON_WRONG_TYPE)
        return "count must be an integer from 1 to 10000";
    if (json_get_string(body, "idempotency_key", &request->idempotency_key) == JSON_WRONG_TYPE ||
        (request->idempotency_key != NULL &&
         (request->idempotency_key[0] == '\0' || strlen(request->idempotency_key) > KEY_MAX)))
        return "idempotency_key must be a string of 1 to 128 bytes";
    if (request->idempotency_key != NULL && count != 1)
        return "idempotency_key goes with a single task, not with count";
    request->max_retries = (int)retries;
    request->count = (unsigned)count;
    return NULL;
}

static void created_cb(void *arg, enum store_result result, const struct task *tasks, size_t count)
{
    struct http_call *call = arg;
    json_object *body, *array;

    if (result != STORE_OK) {
        http_reply_store(call, result, "task");
        return;
    }
    body = http_call_body(call);
    if (!json_object_object_get_ex(body, "count", NULL)) {
        http_reply_data(call, task_json(&tasks[0], TASK_JSON_WHOLE));
        return;
    }
    array = json_object_new_array_ext((int)count);
    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, task_json(&tasks[i], TASK_JSON_WHOLE));
    http_reply_data(call, array);
}

void api_task_create(struct http_call *call)
{
    json_object *body = http_call_body(call);
    struct create_body create = {0};
    const char *fault;

    if (body == NULL)
        return;
    fault = read_create(body, &create);
    if (fault != NULL) {
        http_reply_error(call, create.request.type == NULL ? "E4001" : "E4002", "%s", fault);
        return;
    }
    if (create.request.payload != NULL && strlen(create.request.payload) > SERVICE_PAYLOAD_MAX) {
        http_reply_error(call, "E4131",
                         "payload is larger than %d bytes; pass the name of a file instead",
                         SERVICE_PAYLOAD_MAX);
        return;
    }
    service_create(http_call_app(call), &create.request, http_call_actor(call), created_cb, call);
}

/* ---- list and get ---- */

static void list_cb(void *arg, enum store_result result, const struct task *tasks, size_t count,
                    uint64_t total)
{
    struct http_call *call = arg;
    json_object *array;

    if (result != STORE_OK) {
        http_reply_store(call, result, "list of tasks");
        return;
    }
    array = json_object_new_array_ext((int)count);
    for (size_t i = 0; i < count; i++) {
        struct task view = tasks[i];
        service_overlay(http_call_app(call), &view);
        json_object_array_add(array, task_json(&view, TASK_JSON_WHOLE));
    }
    http_reply_page(call, array, total, http_call_query_number(call, "current", 1, 1000000000, 1),
                    http_call_query_number(call, "page_size", 1, 100, 10));
}

static const char *query_or_null(const struct http_call *call, const char *name)
{
    const char *text = http_call_query(call, name);

    return text != NULL && text[0] != '\0' ? text : NULL;
}

void api_task_list(struct http_call *call)
{
    const char *status_name = query_or_null(call, "status");
    struct store_list_filter filter = {
        .page = http_call_query_number(call, "current", 1, 1000000000, 1),
        .page_size = http_call_query_number(call, "page_size", 1, 100, 10),
        .search = query_or_null(call, "search"),
        .creator_id = query_or_null(call, "creator"),
        .type = query_or_null(call, "type"),
        .status = -1};
    enum task_status status;

    if (status_name != NULL) {
        if (!task_status_parse(status_name, &status)) {
            http_reply_error(call, "E4002",
                             "status must be pending, running, success, failed or cancelled");
            return;
        }
        filter.status = (int)status;
    }
    store_task_list(http_call_app(call)->store, &filter, API_DEADLINE_MS, list_cb, call);
}

static void task_cb(void *arg, enum store_result result, const struct task *task)
{
    if (result == STORE_OK)
        http_reply_data(arg, task_json(task, TASK_JSON_WHOLE));
    else
        http_reply_store(arg, result, "task");
}

void api_task_get(struct http_call *call)
{
    if (http_call_id_is_good(call))
        service_get(http_call_app(call), http_call_part(call, 0), task_cb, call);
}

/* ---- changes ---- */

static void reply_outcome(struct http_call *call, enum store_result result,
                          enum service_outcome outcome, const char *const messages[3])
{
    if (result == STORE_OK)
        http_reply_message(call, messages[outcome]);
    else
        http_reply_store(call, result, "task");
}

static void cancelled_cb(void *arg, enum store_result result, enum service_outcome outcome)
{
    static const char *const messages[] = {"Task cancelled", "Task cancellation requested",
                                           "Task has already finished"};

    reply_outcome(arg, result, outcome, messages);
}

void api_task_cancel(struct http_call *call)
{
    if (http_call_id_is_good(call))
        service_cancel(http_call_app(call), http_call_part(call, 0), http_call_actor(call),
                       cancelled_cb, call);
}

static void retried_cb(void *arg, enum store_result result, enum service_outcome outcome)
{
    static const char *const messages[] = {
        "Task retry requested", "Task retry requested",
        "Task has not failed or been cancelled; nothing was changed"};

    reply_outcome(arg, result, outcome, messages);
}

void api_task_retry(struct http_call *call)
{
    if (http_call_id_is_good(call))
        service_retry(http_call_app(call), http_call_part(call, 0), http_call_actor(call),
                      retried_cb, call);
}

static void deleted_cb(void *arg, enum store_result result, enum service_outcome outcome)
{
    static const char *const messages[] = {"Task deleted", "Task deleted", "Task deleted"};

    reply_outcome(arg, result, outcome, messages);
}

void api_task_delete(struct http_call *call)
{
    if (http_call_id_is_good(call))
        service_delete(http_call_app(call), http_call_part(call, 0), http_call_actor(call),
                       deleted_cb, call);
}

void api_task_set_artifact(struct http_call *call)
{
    json_object *body;
    const char *key = NULL, *name = NULL;

    if (!http_call_id_is_good(call) || (body = http_call_body(call)) == NULL)
        return;
    if (json_get_string(body, "file_key", &key) != JSON_OK || !id_is_valid(key)) {
        http_reply_error(call, "E4002", "file_key must be the key of a stored file");
        return;
    }
    if (json_get_string(body, "file_name", &name) == JSON_WRONG_TYPE ||
        (name != NULL && strlen(name) > 255)) {
        http_reply_error(call, "E4002", "file_name must be a string of at most 255 bytes");
        return;
    }
    store_set_artifact(http_call_app(call)->store, http_call_part(call, 0), key, name,
                       http_call_actor(call), API_DEADLINE_MS, task_cb, call);
}

/* ---- events ---- */

static void seen_again_cb(void *arg, enum store_result result, const struct task *task)
{
    struct app *app = arg;

    if (result == STORE_OK)
        events_task(app->events, task);
}

/* The task was read before the watch began: what changed in between is told by reading it once
 * more. */
static void watched_cb(void *arg, enum store_result result, const struct task *task)
{
    struct http_call *call = arg;
    struct app *app = http_call_app(call);

    if (result != STORE_OK) {
        http_reply_store(call, result, "task");
        return;
    }
    http_reply_events(call, task->id, task_json(task, TASK_JSON_NO_PAYLOAD));
    if (!task_status_is_final(task->status))
        service_get(app, task->id, seen_again_cb, app);
}

void api_task_events(struct http_call *call)
{
    if (http_call_id_is_good(call))
        service_get(http_call_app(call), http_call_part(call, 0), watched_cb, call);
}

void api_all_events(struct http_call *call)
{
    http_reply_events(call, NULL, NULL);
}
