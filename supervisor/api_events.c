/* SPDX-License-Identifier: MIT */
/* Streams of what happens to tasks. Each begins with how they are now, as read from the database;
 * what changed between that reading and the beginning of the watch is found by reading once more.
 */
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/events.h"
#include "supervisor/http_call.h"
#include "supervisor/http_events.h"
#include "supervisor/service.h"
#include "supervisor/task_json.h"

#include <stdlib.h>
#include <string.h>

/* ---- one task ---- */

static void seen_again_cb(void *arg, enum store_result result, const struct task *task)
{
    struct app *app = arg;

    if (result == STORE_OK)
        events_task(app->events, task);
}

static void watched_cb(void *arg, enum store_result result, const struct task *task)
{
    struct http_call *call = arg;
    struct app *app = http_call_app(call);
    json_object *first;

    if (result != STORE_OK) {
        http_reply_store(call, result, "task");
        return;
    }
    first = json_object_new_array();
    json_object_array_add(first, task_json(task, TASK_JSON_NO_PAYLOAD));
    http_reply_events(call, &(struct http_stream){.task_id = task->id, .first = first});
    if (!task_status_is_final(task->status))
        service_get(app, task->id, STORE_SYSTEM, seen_again_cb, app);
}

void api_task_events(struct http_call *call)
{
    if (http_call_id_is_good(call))
        service_get(http_call_app(call), http_call_part(call, 0), http_call_who(call), watched_cb,
                    call);
}

/* ---- one's own tasks ---- */

struct seen {
    char id[TASK_ID_SIZE];
    int64_t updated_at_us;
};

struct recheck {
    struct app *app;
    struct seen seen[STORE_RECENT_MAX];
    size_t count;
};

static bool has_changed(const struct recheck *recheck, const struct task *task)
{
    for (size_t i = 0; i < recheck->count; i++)
        if (strcmp(recheck->seen[i].id, task->id) == 0)
            return recheck->seen[i].updated_at_us != task->updated_at_us;
    return true;
}

static void recheck_cb(void *arg, enum store_result result, const struct task *tasks, size_t count)
{
    struct recheck *recheck = arg;

    for (size_t i = 0; result == STORE_OK && i < count; i++) {
        struct task view = tasks[i];
        service_overlay(recheck->app, &view);
        if (has_changed(recheck, &view))
            events_task(recheck->app->events, &view);
    }
    free(recheck);
}

static json_object *snapshot(struct recheck *recheck, const struct task *tasks, size_t count)
{
    json_object *array = json_object_new_array_ext((int)count);

    for (size_t i = 0; i < count; i++) {
        struct task view = tasks[i];
        struct seen *seen = &recheck->seen[recheck->count++];
        memcpy(seen->id, view.id, sizeof(seen->id));
        seen->updated_at_us = view.updated_at_us;
        service_overlay(recheck->app, &view);
        json_object_array_add(array, task_json(&view, TASK_JSON_NO_PAYLOAD));
    }
    return array;
}

static void recent_cb(void *arg, enum store_result result, const struct task *tasks, size_t count)
{
    struct http_call *call = arg;
    struct app *app = http_call_app(call);
    struct http_stream stream = {0};
    struct store_actor who = *http_call_who(call);
    struct recheck *recheck;
    char *id;

    if (result != STORE_OK) {
        http_reply_store(call, result, "list of tasks");
        return;
    }
    recheck = xcalloc(1, sizeof(*recheck));
    recheck->app = app;
    id = xstrdup(who.id); /* the call may be gone when its stream has begun */
    who.id = stream.creator_id = id;
    who.address = NULL;
    stream.first = snapshot(recheck, tasks, count);
    http_reply_events(call, &stream);
    store_user_tasks(app->store, &who, who.deadline_ms, recheck_cb, recheck);
    free(id);
}

void api_user_events(struct http_call *call)
{
    store_user_tasks(http_call_app(call)->store, http_call_who(call), http_call_deadline(call),
                     recent_cb, call);
}

void api_all_events(struct http_call *call)
{
    http_reply_events(call, &(struct http_stream){0});
}
