/* SPDX-License-Identifier: MIT */
/* The rules. A live run is told first and the table second, so that a task can be stopped while the
 * database is away. */
#include "supervisor/service.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/events.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/type.h"

#include <stdlib.h>
#include <string.h>

/* How long the answer to a cancel of a running task waits for the table. */
#define LIVE_CANCEL_DEADLINE_MS 250

struct change {
    struct app *app;
    char *actor;
    service_fn done;
    void *arg;
    bool answered;         /* the caller has its answer; what follows is for the table only */
    char id[TASK_ID_SIZE]; /* of a task whose run has been stopped; else empty */
};

static struct change *change_new(struct app *app, const char *actor, service_fn done, void *arg)
{
    struct change *change = xcalloc(1, sizeof(*change));

    change->app = app;
    change->actor = xstrdup(actor);
    change->done = done;
    change->arg = arg;
    return change;
}

static void change_end(struct change *change, enum store_result result,
                       enum service_outcome outcome)
{
    if (!change->answered)
        change->done(change->arg, result, outcome);
    free(change->actor);
    free(change);
}

static struct run *live_run(const struct app *app, const char *id)
{
    struct run *run = runs_by_task(app->runs, id);

    return run != NULL && run->phase != RUN_ENDED ? run : NULL;
}

/* The table says running: if the run is ours it hears of it; if not, its node reads the column. */
static void stop_if_live(struct change *change, const struct task *task)
{
    struct run *run = task->status == TASK_RUNNING ? live_run(change->app, task->id) : NULL;

    if (run != NULL)
        run_stop(run, STOP_CANCEL, change->actor);
}

static void cancel_cb(void *arg, enum store_result result, const struct task *task);

/* The run is being stopped whatever the database does; the table hears of it when it can. */
static void tell_table_later(struct change *change)
{
    change->done(change->arg, STORE_OK, SERVICE_REQUESTED);
    change->answered = true;
    store_cancel(change->app->store, change->id, change->actor, 0, cancel_cb, change);
}

static void cancel_cb(void *arg, enum store_result result, const struct task *task)
{
    struct change *change = arg;
    enum service_outcome outcome = SERVICE_DONE;

    if ((result == STORE_UNAVAILABLE || result == STORE_UNCERTAIN) && change->id[0] != '\0' &&
        !change->answered) {
        tell_table_later(change);
        return;
    }

    if (result == STORE_CONFLICT) {
        change_end(change, STORE_OK, SERVICE_ALREADY);
        return;
    }
    if (result == STORE_OK) {
        stop_if_live(change, task);
        outcome = task->status == TASK_RUNNING ? SERVICE_REQUESTED : SERVICE_DONE;
        if (task->status != TASK_RUNNING)
            events_task(change->app->events, task);
    }
    change_end(change, result, outcome);
}

void service_cancel(struct app *app, const char *id, const char *actor, service_fn done, void *arg)
{
    struct change *change = change_new(app, actor, done, arg);
    struct run *run = live_run(app, id);

    if (run == NULL) {
        store_cancel(app->store, id, actor, API_DEADLINE_MS, cancel_cb, change);
        return;
    }
    run_stop(run, STOP_CANCEL, actor);
    strcpy(change->id, run->task.id);
    store_cancel(app->store, id, actor, LIVE_CANCEL_DEADLINE_MS, cancel_cb, change);
}

static void retry_cb(void *arg, enum store_result result, const struct task *task)
{
    struct change *change = arg;

    if (result == STORE_CONFLICT) {
        change_end(change, STORE_OK, SERVICE_ALREADY);
        return;
    }
    if (result == STORE_OK) {
        events_task(change->app->events, task);
        scheduler_wake(change->app->scheduler);
    }
    change_end(change, result, SERVICE_DONE);
}

void service_retry(struct app *app, const char *id, const char *actor, service_fn done, void *arg)
{
    store_retry(app->store, id, actor, API_DEADLINE_MS, retry_cb,
                change_new(app, actor, done, arg));
}

static void delete_cb(void *arg, enum store_result result, const struct task *task)
{
    struct change *change = arg;

    if (result == STORE_OK)
        stop_if_live(change, task);
    change_end(change, result, SERVICE_DONE);
}

void service_delete(struct app *app, const char *id, const char *actor, service_fn done, void *arg)
{
    store_delete(app->store, id, actor, API_DEADLINE_MS, delete_cb,
                 change_new(app, actor, done, arg));
}

/* ---- create ---- */

struct creation {
    struct app *app;
    struct store_task_new *tasks;
    size_t count;
    char *type;
    char *payload;
    char *creator;
    char *idempotency_key;
    char *actor;
    store_tasks_fn done;
    void *arg;
};

static void creation_free(struct creation *creation)
{
    free(creation->tasks);
    free(creation->type);
    free(creation->payload);
    free(creation->creator);
    free(creation->idempotency_key);
    free(creation->actor);
    free(creation);
}

static void created_cb(void *arg, enum store_result result, const struct task *tasks, size_t count)
{
    struct creation *creation = arg;

    for (size_t i = 0; result == STORE_OK && i < count; i++)
        events_task(creation->app->events, &tasks[i]);
    creation->done(creation->arg, result, tasks, count);
    creation_free(creation);
}

static void insert(struct creation *creation, int max_retries)
{
    struct app *app = creation->app;

    for (size_t i = 0; i < creation->count; i++) {
        struct store_task_new *task = &creation->tasks[i];
        id_new(task->id);
        task->type = creation->type;
        task->payload = creation->payload;
        task->creator_id = creation->creator;
        task->max_retries = max_retries;
        task->idempotency_key = creation->idempotency_key;
    }
    store_create(app->store, creation->tasks, creation->count, creation->actor, API_DEADLINE_MS,
                 created_cb, creation);
    scheduler_claim_behind(app->scheduler);
}

static int default_retries(const struct app *app, const char *type_name)
{
    const struct task_type *type = type_registry_find(app->types, type_name);

    return type != NULL ? type->max_retries : 0;
}

/* The creator may be the name of a user of ours; otherwise it is an id that the calling module
 * vouches for. */
static void creator_cb(void *arg, enum store_result result, const char *id)
{
    struct creation *creation = arg;

    if (result == STORE_OK) {
        free(creation->creator);
        creation->creator = xstrdup(id);
    } else if (result != STORE_NOT_FOUND) {
        creation->done(creation->arg, result, NULL, 0);
        creation_free(creation);
        return;
    }
    insert(creation, creation->tasks[0].max_retries);
}

void service_create(struct app *app, const struct service_create *request, const char *actor,
                    store_tasks_fn done, void *arg)
{
    struct creation *creation = xcalloc(1, sizeof(*creation));
    int max_retries =
        request->max_retries >= 0 ? request->max_retries : default_retries(app, request->type);

    creation->app = app;
    creation->count = request->count;
    creation->tasks = xcalloc(request->count, sizeof(*creation->tasks));
    creation->tasks[0].max_retries = max_retries;
    creation->type = xstrdup(request->type);
    creation->payload = xstrdup_or_null(request->payload);
    creation->creator = xstrdup(request->creator != NULL ? request->creator : TASK_CREATOR_SYSTEM);
    creation->idempotency_key = xstrdup_or_null(request->idempotency_key);
    creation->actor = xstrdup(actor);
    creation->done = done;
    creation->arg = arg;
    if (strcmp(creation->creator, TASK_CREATOR_SYSTEM) == 0 || id_is_valid(creation->creator))
        insert(creation, max_retries);
    else
        store_user_find(app->store, creation->creator, API_DEADLINE_MS, creator_cb, creation);
}

/* ---- get ---- */

void service_overlay(struct app *app, struct task *task)
{
    const struct run *run = task->status == TASK_RUNNING ? runs_by_task(app->runs, task->id) : NULL;

    if (run == NULL || run->task.attempt != task->attempt)
        return;
    task->progress = run->task.progress;
    task->progress_text = run->task.progress_text;
}

struct lookup {
    struct app *app;
    char id[TASK_ID_SIZE];
    store_task_fn done;
    void *arg;
};

static void got_cb(void *arg, enum store_result result, const struct task *task)
{
    struct lookup *lookup = arg;
    struct run *run = runs_by_task(lookup->app->runs, lookup->id);
    struct task view;

    if (result == STORE_OK) {
        view = *task;
        service_overlay(lookup->app, &view);
        lookup->done(lookup->arg, result, &view);
    } else if ((result == STORE_UNAVAILABLE || result == STORE_UNCERTAIN) && run != NULL) {
        lookup->done(lookup->arg, STORE_OK, &run->task);
    } else {
        lookup->done(lookup->arg, result, NULL);
    }
    free(lookup);
}

void service_get(struct app *app, const char *id, store_task_fn done, void *arg)
{
    struct lookup *lookup = xcalloc(1, sizeof(*lookup));

    lookup->app = app;
    strncpy(lookup->id, id, sizeof(lookup->id) - 1);
    lookup->done = done;
    lookup->arg = arg;
    store_task_get(app->store, id, API_DEADLINE_MS, got_cb, lookup);
}
