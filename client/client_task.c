/* SPDX-License-Identifier: MIT */
/* The task calls of the library: each one request of the control API. */
#include "client/request.h"
#include "client/complete.h"
#include "client/error.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <stddef.h>
#include <string.h>

#define TASKS "/api/tasks"

/* Reads the caller's options, which may be those of an older, shorter struct. */
static struct taskyard_create_options create_options(const struct taskyard_create_options *given)
{
    struct taskyard_create_options options = TASKYARD_CREATE_OPTIONS;

    if (given != NULL)
        memcpy(&options, given, given->size < sizeof(options) ? given->size : sizeof(options));
    return options;
}

static bool create_check(const char *type, const struct taskyard_create_options *options,
                         struct taskyard_error *error)
{
    const char *texts[] = {type, options->payload, options->creator, options->idempotency_key};
    static const char *const names[] = {"type", "payload", "creator", "idempotency key"};
    size_t i;

    if (type == NULL || *type == '\0') {
        error_set(error, TASKYARD_ERROR_ARGUMENT, "the type of the task is missing");
        return false;
    }
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i] != NULL && !utf8_is_valid(texts[i], strlen(texts[i]))) {
            error_set(error, TASKYARD_ERROR_ARGUMENT, "the %s is not valid UTF-8 text", names[i]);
            return false;
        }
    }
    return true;
}

static json_object *create_body(const char *type, const struct taskyard_create_options *options,
                                unsigned count)
{
    json_object *body = json_object_new_object();

    json_add_string(body, "type", type);
    json_add_string(body, "payload", options->payload);
    json_add_string(body, "creator", options->creator);
    json_add_string(body, "idempotency_key", options->idempotency_key);
    if (options->max_retries >= 0)
        json_add_int(body, "max_retries", options->max_retries);
    if (count > 0)
        json_add_int(body, "count", count);
    return body;
}

static void create_expect(struct complete *complete, uint64_t since,
                          const struct taskyard_object *created,
                          const struct taskyard_create_options *options)
{
    size_t i;

    if (options->idempotency_key != NULL)
        since = COMPLETE_UNKNOWN; /* it may be an old task, whose end was told before */
    if (taskyard_string(created, "id") != NULL)
        complete_add(complete, since, created, options->on_complete, options->on_complete_arg);
    for (i = 0; i < taskyard_count(created); i++)
        complete_add(complete, since, taskyard_item(created, i), options->on_complete,
                     options->on_complete_arg);
}

static struct taskyard_object *create_send(struct taskyard_client *client, const char *type,
                                           const struct taskyard_create_options *options,
                                           unsigned count, struct taskyard_error *error)
{
    struct request request = {.method = "POST", .path = xstrdup(TASKS)};

    request.body = create_body(type, options, count);
    return request_run(client, &request, error);
}

/* count 0: one task, answered as an object. */
static struct taskyard_object *create_run(struct taskyard_client *client, const char *type,
                                          const struct taskyard_create_options *given,
                                          unsigned count, struct taskyard_error *error)
{
    struct taskyard_create_options options = create_options(given);
    struct taskyard_object *created;
    struct complete *complete;
    uint64_t since;

    if (!create_check(type, &options, error))
        return NULL;
    if (options.on_complete == NULL)
        return create_send(client, type, &options, count, error);
    complete = client_complete_or_error(client, error);
    if (complete == NULL)
        return NULL;
    since = complete_begin(complete);
    created = create_send(client, type, &options, count, error);
    create_expect(complete, since, created, &options);
    complete_end(complete);
    return created;
}

struct taskyard_object *taskyard_create(struct taskyard_client *client, const char *type,
                                        const struct taskyard_create_options *options,
                                        struct taskyard_error *error)
{
    return create_run(client, type, options, 0, error);
}

struct taskyard_object *taskyard_create_many(struct taskyard_client *client, const char *type,
                                             const struct taskyard_create_options *options,
                                             unsigned count, struct taskyard_error *error)
{
    if (count == 0 || count > TASKYARD_CREATE_MAX) {
        error_set(error, TASKYARD_ERROR_ARGUMENT, "the count is %u, not between 1 and %d", count,
                  TASKYARD_CREATE_MAX);
        return NULL;
    }
    return create_run(client, type, options, count, error);
}

struct taskyard_object *taskyard_get(struct taskyard_client *client, const char *id,
                                     struct taskyard_error *error)
{
    struct request request = {.method = "GET", .path = request_path(TASKS, id, "", error)};

    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_list(struct taskyard_client *client,
                                      const struct taskyard_filter *filter,
                                      struct taskyard_error *error)
{
    static const struct taskyard_filter everything;
    struct request request = {.method = "GET", .path = xstrdup(TASKS), .page = true};

    if (filter == NULL)
        filter = &everything;
    request_query_number(&request.path, "current", filter->page);
    request_query_number(&request.path, "page_size", filter->page_size);
    request_query(&request.path, "search", filter->search);
    request_query(&request.path, "type", filter->type);
    request_query(&request.path, "status", filter->status);
    request_query(&request.path, "creator", filter->creator);
    return request_run(client, &request, error);
}

bool taskyard_cancel(struct taskyard_client *client, const char *id, struct taskyard_error *error)
{
    struct request request = {.method = "POST", .path = request_path(TASKS, id, "/cancel", error)};

    return request_run_plain(client, &request, error);
}

bool taskyard_kill(struct taskyard_client *client, const char *id, const char *reason,
                   struct taskyard_error *error)
{
    struct request request = {.method = "POST", .path = request_path(TASKS, id, "/kill", error)};

    request.body = json_object_new_object();
    json_add_string(request.body, "reason", reason);
    return request_run_plain(client, &request, error);
}

bool taskyard_pause(struct taskyard_client *client, const char *id, struct taskyard_error *error)
{
    struct request request = {.method = "POST", .path = request_path(TASKS, id, "/pause", error)};

    return request_run_plain(client, &request, error);
}

bool taskyard_resume(struct taskyard_client *client, const char *id, struct taskyard_error *error)
{
    struct request request = {.method = "POST", .path = request_path(TASKS, id, "/resume", error)};

    return request_run_plain(client, &request, error);
}

bool taskyard_retry(struct taskyard_client *client, const char *id, struct taskyard_error *error)
{
    struct request request = {.method = "POST", .path = request_path(TASKS, id, "/retry", error)};

    return request_run_plain(client, &request, error);
}

bool taskyard_delete(struct taskyard_client *client, const char *id, struct taskyard_error *error)
{
    struct request request = {.method = "DELETE", .path = request_path(TASKS, id, "", error)};

    return request_run_plain(client, &request, error);
}

struct taskyard_object *taskyard_set_artifact(struct taskyard_client *client, const char *id,
                                              const char *file_key, const char *file_name,
                                              struct taskyard_error *error)
{
    struct request request = {.method = "PUT", .path = request_path(TASKS, id, "/artifact", error)};

    request.body = json_object_new_object();
    json_add_string(request.body, "file_key", file_key);
    json_add_string(request.body, "file_name", file_name);
    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_logs(struct taskyard_client *client, const char *id,
                                      const char *after, unsigned limit,
                                      struct taskyard_error *error)
{
    struct request request = {.method = "GET", .path = request_path(TASKS, id, "/logs", error)};

    request_query(&request.path, "after", after);
    request_query_number(&request.path, "limit", limit);
    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_attempts(struct taskyard_client *client, const char *id,
                                          struct taskyard_error *error)
{
    struct request request = {.method = "GET", .path = request_path(TASKS, id, "/attempts", error)};

    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_timeline(struct taskyard_client *client, const char *id,
                                          struct taskyard_error *error)
{
    struct request request = {.method = "GET", .path = request_path(TASKS, id, "/timeline", error)};

    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_processes(struct taskyard_client *client, const char *id,
                                           struct taskyard_error *error)
{
    struct request request = {.method = "GET",
                              .path = request_path(TASKS, id, "/processes", error)};

    return request_run(client, &request, error);
}
