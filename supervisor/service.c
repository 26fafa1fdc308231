/* SPDX-License-Identifier: MIT */
/* The rules. A live run is told first and the table second, so that a task can be stopped while the
 * database is away. */
#include "supervisor/service.h"
#include "common/json_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/events.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/store_users.h"
#include "supervisor/type.h"

#include <stdlib.h>
#include <string.h>

/* How long the answer to a cancel of a running task waits for the table. */
#define LIVE_CANCEL_DEADLINE_MS 250

struct change {
    struct app *app;
    struct store_actor who;
    service_fn done;
    void *arg;
    bool answered;         /* the caller has its answer; what follows is for the table only */
    char id[TASK_ID_SIZE]; /* of a task whose run has been stopped; else empty */
    char *sentence;        /* of a kill: who and why; NULL: it is a cancel */
    char *detail;          /* of a kill, for its event; NULL */
};

static void copy_actor(struct store_actor *to, const struct store_actor *from)
{
    to->id = xstrdup(from->id);
    to->address = xstrdup_or_null(from->address);
    to->sees_all = from->sees_all;
    to->deadline_ms = from->deadline_ms;
}

static void clear_actor(struct store_actor *actor)
{
    free((char *)actor->id);
    free((char *)actor->address);
}

static struct change *change_new(struct app *app, const struct store_actor *who, service_fn done,
                                 void *arg)
{
    struct change *change = xcalloc(1, sizeof(*change));

    change->app = app;
    copy_actor(&change->who, who);
    change->done = done;
    change->arg = arg;
    return change;
}

static void change_end(struct change *change, enum store_result result,
                       enum service_outcome outcome)
{
    if (!change->answered)
        change->done(change->arg, result, outcome);
    clear_actor(&change->who);
    free(change->sentence);
    free(change->detail);
    free(change);
}

struct run *service_live_run(const struct app *app, const char *id, const struct store_actor *who)
{
    struct run *run = runs_by_task(app->runs, id);

    if (run == NULL || run->phase == RUN_ENDED || run->deleted)
        return NULL;
    return who->sees_all || strcmp(run->task.creator_id, who->id) == 0 ? run : NULL;
}

static void stop(const struct change *change, struct run *run)
{
    if (change->sentence != NULL)
        run_kill(run, &change->who, change->sentence);
    else
        run_stop(run, STOP_CANCEL, &change->who);
}

/* The table says running: if the run is ours it hears of it, and is returned; if not, its
 * node reads the column. */
static struct run *stop_if_live(struct change *change, const struct task *task)
{
    struct run *run =
        task->status == TASK_RUNNING ? service_live_run(change->app, task->id, STORE_SYSTEM) : NULL;

    if (run == NULL)
        return NULL;
    if (run->stop != STOP_KILL)
        stop(change, run);
    run->task.cancel_requested_at_us = task->cancel_requested_at_us;
    run->task.updated_at_us = task->updated_at_us;
    return run;
}

static void cancel_cb(void *arg, enum store_result result, const struct task *task);

static void tell_table(struct change *change, const char *id, unsigned deadline_ms)
{
    struct store_kill kill = {
        .detail = change->detail, .error = change->sentence, .noted = change->id[0] != '\0'};

    if (change->sentence != NULL)
        store_kill(change->app->store, id, &kill, &change->who, deadline_ms, cancel_cb, change);
    else
        store_cancel(change->app->store, id, &change->who, deadline_ms, cancel_cb, change);
}

/* The run is being stopped whatever the database does; the table hears of it when it can. */
static void tell_table_later(struct change *change)
{
    change->done(change->arg, STORE_OK, SERVICE_REQUESTED);
    change->answered = true;
    tell_table(change, change->id, 0);
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
        if (task->status != TASK_RUNNING) {
            events_task(change->app->events, task);
            metrics_task_ended(&change->app->metrics, change->app->types, task, false);
        }
    }
    change_end(change, result, outcome);
}

static void end_task(struct change *change, const char *id)
{
    struct run *run = service_live_run(change->app, id, &change->who);

    if (run == NULL) {
        tell_table(change, id, change->who.deadline_ms);
        return;
    }
    if (change->sentence != NULL) /* here, so that it stands before what follows from it */
        run_event(run, "kill_requested", &change->who, change->detail);
    stop(change, run);
    strcpy(change->id, run->task.id);
    tell_table(change, id, LIVE_CANCEL_DEADLINE_MS);
}

void service_cancel(struct app *app, const char *id, const struct store_actor *who, service_fn done,
                    void *arg)
{
    end_task(change_new(app, who, done, arg), id);
}

static char *reason_json(const char *reason)
{
    json_object *detail = json_object_new_object();
    char *text;

    json_add_string(detail, "reason", reason);
    text = xstrdup(json_object_to_json_string_ext(detail, JSON_C_TO_STRING_PLAIN));
    json_object_put(detail);
    return text;
}

void service_kill(struct app *app, const char *id, const struct service_kill *kill,
                  const struct store_actor *who, service_fn done, void *arg)
{
    struct change *change = change_new(app, who, done, arg);

    change->detail = kill->reason != NULL ? reason_json(kill->reason) : NULL;
    change->sentence = kill->reason != NULL ? xasprintf("killed by %s: %s", kill->by, kill->reason)
                                            : xasprintf("killed by %s", kill->by);
    end_task(change, id);
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
        metrics_pending_add(&change->app->metrics, 1);
        scheduler_wake(change->app->scheduler);
    }
    change_end(change, result, SERVICE_DONE);
}

void service_retry(struct app *app, const char *id, const struct store_actor *who, service_fn done,
                   void *arg)
{
    store_retry(app->store, id, who, who->deadline_ms, retry_cb, change_new(app, who, done, arg));
}

static void delete_cb(void *arg, enum store_result result, const struct task *task)
{
    struct change *change = arg;
    struct run *run = result == STORE_OK ? stop_if_live(change, task) : NULL;

    if (run != NULL)
        run->deleted = true;
    change_end(change, result, SERVICE_DONE);
}

void service_delete(struct app *app, const char *id, const struct store_actor *who, service_fn done,
                    void *arg)
{
    store_delete(app->store, id, who, who->deadline_ms, delete_cb, change_new(app, who, done, arg));
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
    struct store_actor who;
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
    clear_actor(&creation->who);
    free(creation);
}

/* Another id than ours: the answer to an earlier request with the same idempotency key. */
static void note_created(struct creation *creation, size_t i, const struct task *task)
{
    struct app *app = creation->app;

    events_task(app->events, task);
    if (strcmp(creation->tasks[i].id, task->id) == 0)
        metrics_task_created(&app->metrics, app->types, task);
}

static void created_cb(void *arg, enum store_result result, const struct task *tasks, size_t count)
{
    struct creation *creation = arg;

    for (size_t i = 0; result == STORE_OK && i < count; i++)
        note_created(creation, i, &tasks[i]);
    if (result != STORE_OK)
        creation->app->metrics.not_queued += creation->count;
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
    store_create(app->store, creation->tasks, creation->count, &creation->who,
                 creation->who.deadline_ms, created_cb, creation);
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
        creation->app->metrics.not_queued += creation->count;
        creation->done(creation->arg, result, NULL, 0);
        creation_free(creation);
        return;
    }
    insert(creation, creation->tasks[0].max_retries);
}

void service_create(struct app *app, const struct service_create *request,
                    const struct store_actor *who, store_tasks_fn done, void *arg)
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
    copy_actor(&creation->who, who);
    creation->done = done;
    creation->arg = arg;
    if (strcmp(creation->creator, TASK_CREATOR_SYSTEM) == 0 || id_is_valid(creation->creator))
        insert(creation, max_retries);
    else
        store_user_find(app->store, creation->creator, who->deadline_ms, creator_cb, creation);
}

/* ---- get ---- */

void service_overlay(struct app *app, struct task *task)
{
    const struct run *run = task->status == TASK_RUNNING ? runs_by_task(app->runs, task->id) : NULL;

    if (run == NULL || run->task.attempt != task->attempt)
        return;
    task->progress = run->task.progress;
    task->progress_text = run->task.progress_text;
    task->paused_at_us = run->task.paused_at_us;
}

struct lookup {
    struct app *app;
    char id[TASK_ID_SIZE];
    struct store_actor who;
    store_task_fn done;
    void *arg;
};

static void got_cb(void *arg, enum store_result result, const struct task *task)
{
    struct lookup *lookup = arg;
    struct run *run = service_live_run(lookup->app, lookup->id, &lookup->who);
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
    clear_actor(&lookup->who);
    free(lookup);
}

void service_get(struct app *app, const char *id, const struct store_actor *who, store_task_fn done,
                 void *arg)
{
    const struct run *run = service_live_run(app, id, who);
    struct lookup *lookup;

    if (run != NULL) {
        done(arg, STORE_OK, &run->task);
        return;
    }
    lookup = xcalloc(1, sizeof(*lookup));
    lookup->app = app;
    strncpy(lookup->id, id, sizeof(lookup->id) - 1);
    lookup->done = done;
    lookup->arg = arg;
    copy_actor(&lookup->who, who);
    store_task_get(app->store, id, who, who->deadline_ms, got_cb, lookup);
}
