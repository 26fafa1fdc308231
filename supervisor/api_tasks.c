/* SPDX-License-Identifier: MIT */
/* Tasks over HTTP: check what was sent, ask the service, answer in the contract's shapes. */
#include "common/json_util.h"
#include "common/rfc3339.h"
#include "supervisor/api.h"
#include "supervisor/api_input.h"
#include "supervisor/api_query.h"
#include "supervisor/app.h"
#include "supervisor/http_call.h"
#include "supervisor/http_large.h"
#include "supervisor/principal.h"
#include "supervisor/service.h"
#include "supervisor/task_json.h"

#include <stdlib.h>
#include <string.h>

#define KEY_MAX 128
#define SEARCH_MAX 64 /* bytes: longer than any type or id */
#define QUERY_MAX 128
#define REASON_MAX 500 /* bytes */

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
    service_create(http_call_app(call), &create.request, http_call_who(call), created_cb, call);
}

/* ---- list and get ---- */

static struct http_large *tasks_large(struct http_call *call, const struct task *tasks,
                                      struct json_text *large, size_t count)
{
    struct http_large *array = http_large_new();

    for (size_t i = 0; i < count; i++) {
        struct task view = tasks[i];
        service_overlay(http_call_app(call), &view);
        http_large_add(array, task_json(&view, TASK_JSON_WHOLE), &large[i]);
    }
    return array;
}

static void list_cb(void *arg, enum store_result result, const struct task *tasks,
                    struct json_text *large, size_t count, uint64_t total)
{
    struct http_call *call = arg;
    struct api_page page = api_page(call);

    if (result == STORE_OK)
        http_reply_large_page(call, tasks_large(call, tasks, large, count), total, page.current,
                              page.page_size);
    else
        http_reply_store(call, result, "list of tasks");
}

/* One or several statuses, separated by commas. */
static bool read_statuses(const char *text, unsigned *statuses)
{
    char name[16];
    enum task_status status;

    for (; text != NULL; text = text[0] == ',' ? text + 1 : NULL) {
        size_t length = strcspn(text, ",");
        if (length >= sizeof(name))
            return false;
        memcpy(name, text, length);
        name[length] = '\0';
        if (!task_status_parse(name, &status))
            return false;
        *statuses |= 1u << status;
        text += length;
    }
    return true;
}

static bool read_time(const char *text, int64_t *us)
{
    return text == NULL || rfc3339_parse(text, us);
}

/* Who sees only his own tasks has none that others have created. */
static bool is_of_others(struct http_call *call, const char *creator)
{
    const struct principal *who = http_call_principal(call);

    return creator != NULL && !who->sees_all && strcmp(creator, who->id) != 0 &&
           strcmp(creator, who->username) != 0;
}

/* What is wrong with the filters, or NULL; *nothing: they can match no task. */
static const char *read_filter(struct http_call *call, struct store_list_filter *filter,
                               bool *nothing)
{
    const char *creator = NULL; /* is not read behind one that can match nothing */
    const char *statuses, *from, *to;

    *nothing = !api_filter(call, "search", SEARCH_MAX, &filter->search) ||
               !api_filter(call, "type", TASK_TYPE_MAX, &filter->type) ||
               !api_filter(call, "creator", TASK_CREATOR_MAX, &creator) ||
               is_of_others(call, creator);
    if (!api_filter(call, "status", QUERY_MAX, &statuses) ||
        !read_statuses(statuses, &filter->statuses))
        return "status must be pending, running, success, failed or cancelled, or several of them "
               "separated by commas";
    if (!api_filter(call, "created_from", QUERY_MAX, &from) ||
        !read_time(from, &filter->created_from_us))
        return "created_from must be a time like 2026-02-19T14:03:10Z";
    if (!api_filter(call, "created_to", QUERY_MAX, &to) || !read_time(to, &filter->created_to_us))
        return "created_to must be a time like 2026-02-19T14:03:10Z";
    if (to != NULL && filter->created_to_us <= 0) /* where 0 would stand for no filter */
        *nothing = true;
    if (creator != NULL && (id_is_valid(creator) || strcmp(creator, TASK_CREATOR_SYSTEM) == 0))
        filter->creator_id = creator;
    else
        filter->creator_name = creator;
    return NULL;
}

void api_task_list(struct http_call *call)
{
    struct api_page page = api_page(call);
    struct store_list_filter filter = {.page = page.current, .page_size = page.page_size};
    bool nothing;
    const char *fault = read_filter(call, &filter, &nothing);

    if (fault != NULL)
        http_reply_error(call, "E4002", "%s", fault);
    else if (nothing)
        api_reply_empty_page(call);
    else if (http_large_has_room(call))
        store_task_list(http_call_app(call)->store, &filter, http_call_who(call),
                        http_call_deadline(call), list_cb, call);
}

static void recent_cb(void *arg, enum store_result result, const struct task *tasks,
                      struct json_text *large, size_t count, uint64_t total)
{
    (void)total;
    if (result == STORE_OK)
        http_reply_large(arg, tasks_large(arg, tasks, large, count));
    else
        http_reply_store(arg, result, "list of tasks");
}

void api_user_tasks(struct http_call *call)
{
    if (http_large_has_room(call))
        store_user_task_list(http_call_app(call)->store, http_call_who(call),
                             http_call_deadline(call), recent_cb, call);
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
        service_get(http_call_app(call), http_call_part(call, 0), http_call_who(call), task_cb,
                    call);
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

/* Front ends know one sentence for both ways a cancel takes effect; a module is told which. */
static void cancelled_cb(void *arg, enum store_result result, enum service_outcome outcome)
{
    static const char *const messages[] = {"Task cancelled", "Task cancelled",
                                           "Task has already finished"};
    static const char *const exact[] = {"Task cancelled", "Task cancellation requested",
                                        "Task has already finished"};

    reply_outcome(arg, result, outcome,
                  http_call_principal(arg)->kind == PRINCIPAL_PEER ? exact : messages);
}

void api_task_cancel(struct http_call *call)
{
    if (http_call_id_is_good(call))
        service_cancel(http_call_app(call), http_call_part(call, 0), http_call_who(call),
                       cancelled_cb, call);
}

static void killed_cb(void *arg, enum store_result result, enum service_outcome outcome)
{
    static const char *const messages[] = {"Task cancelled", "Task killed",
                                           "Task has already finished"};

    reply_outcome(arg, result, outcome, messages);
}

void api_task_kill(struct http_call *call)
{
    const struct principal *who = http_call_principal(call);
    struct service_kill kill = {.by = who->username[0] != '\0' ? who->username : who->id};

    if (!http_call_id_is_good(call))
        return;
    if (!api_get_text(http_call_body(call), "reason", REASON_MAX, &kill.reason)) {
        http_reply_error(call, "E4002",
                         "reason must be a string of at most %d bytes without control characters",
                         REASON_MAX);
        return;
    }
    if (kill.reason != NULL && kill.reason[0] == '\0')
        kill.reason = NULL;
    service_kill(http_call_app(call), http_call_part(call, 0), &kill, http_call_who(call),
                 killed_cb, call);
}

static void retried_cb(void *arg, enum store_result result, enum service_outcome outcome)
{
    static const char *const messages[] = {
        "Task retry requested", "Task retry requested",
        "Task has neither failed nor been cancelled; nothing was changed"};

    reply_outcome(arg, result, outcome, messages);
}

void api_task_retry(struct http_call *call)
{
    if (http_call_id_is_good(call))
        service_retry(http_call_app(call), http_call_part(call, 0), http_call_who(call), retried_cb,
                      call);
}

static void deleted_cb(void *arg, enum store_result result, enum service_outcome outcome)
{
    static const char *const messages[] = {"Task deleted", "Task deleted", "Task deleted"};

    reply_outcome(arg, result, outcome, messages);
}

void api_task_delete(struct http_call *call)
{
    if (http_call_id_is_good(call))
        service_delete(http_call_app(call), http_call_part(call, 0), http_call_who(call),
                       deleted_cb, call);
}

void api_task_set_artifact(struct http_call *call)
{
    json_object *body;
    const char *key = NULL, *name = NULL;

    if (!http_call_id_is_good(call))
        return;
    body = http_call_body(call);
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
                       http_call_who(call), http_call_deadline(call), task_cb, call);
}
