/* SPDX-License-Identifier: MIT */
/* The rules of creating, cancelling, killing, retrying and deleting tasks: what the store must do,
 * and what a run that is alive must hear at once. Answers come through store callbacks (store.h
 * says what they may do). Loop thread only. */
#ifndef SUPERVISOR_SERVICE_H
#define SUPERVISOR_SERVICE_H

#include "supervisor/store.h"
#include <json-c/json.h>

struct app;
struct run;

#define SERVICE_PAYLOAD_MAX (1024 * 1024) /* bytes */
#define SERVICE_COUNT_MAX 10000           /* tasks in one request */
#define SERVICE_RETRIES_MAX 1000

struct service_create {
    const char *type;
    const char *payload; /* NULL */
    const char
        *creator;    /* a user's name or id, or any id of the caller's own users; NULL: system */
    int max_retries; /* -1: the type's default */
    unsigned count;  /* from 1 */
    const char *idempotency_key; /* NULL; only with count 1 */
};

/* Creates the tasks and wakes the scheduler. */
void service_create(struct app *app, const struct service_create *request,
                    const struct store_actor *who, store_tasks_fn done, void *arg);

/* How a request to cancel, retry or delete ended. */
enum service_outcome { SERVICE_DONE, SERVICE_REQUESTED, SERVICE_ALREADY };
typedef void (*service_fn)(void *arg, enum store_result result, enum service_outcome outcome);

/* Pending: cancelled at once (DONE). Running: the ladder begins at once, also when the database is
 * away (REQUESTED). Final: nothing happens (ALREADY). */
void service_cancel(struct app *app, const char *id, const struct store_actor *who, service_fn done,
                    void *arg);
struct service_kill {
    const char *by;     /* who kills, as people call him: a user's name, or the actor's id */
    const char *reason; /* NULL: none was given */
};
/* The same without any grace for a running one. */
void service_kill(struct app *app, const char *id, const struct service_kill *kill,
                  const struct store_actor *who, service_fn done, void *arg);
/* Failed, cancelled: pending again (DONE). Anything else: nothing happens (ALREADY). */
void service_retry(struct app *app, const char *id, const struct store_actor *who, service_fn done,
                   void *arg);
/* The run of a task that exists for `who`; NULL: it does not run here. */
struct run *service_live_run(const struct app *app, const char *id, const struct store_actor *who);

enum service_pause {
    SERVICE_PAUSED,
    SERVICE_PAUSING, /* not all of its processes have stopped yet */
    SERVICE_PAUSED_ALREADY,
    SERVICE_RESUMED,
    SERVICE_NOT_PAUSED,
    SERVICE_STARTING,   /* there is no process yet that could be paused */
    SERVICE_ENDING,     /* it is being ended, or its end is being stored */
    SERVICE_NOT_RUNNING /* pending, or at its end */
};
typedef void (*service_pause_fn)(void *arg, enum store_result result, enum service_pause outcome);
/* service_pause.c: the answer to a pause comes when nothing of the task moves any more, or after
 * 2 seconds. In other states than running nothing happens. */
void service_pause(struct app *app, const char *id, const struct store_actor *who,
                   service_pause_fn done, void *arg);
void service_resume(struct app *app, const char *id, const struct store_actor *who,
                    service_pause_fn done, void *arg);
/* Hidden at once (DONE); a running one is also cancelled. */
void service_delete(struct app *app, const char *id, const struct store_actor *who, service_fn done,
                    void *arg);

/* The task as it is now: for a running one, what the database says overlaid with live progress.
 * Fills in a running task from memory alone when the database is away. */
void service_get(struct app *app, const char *id, const struct store_actor *who, store_task_fn done,
                 void *arg);
/* Lays live progress over a task that was read from the database. The strings stay the run's. */
void service_overlay(struct app *app, struct task *task);

#endif
