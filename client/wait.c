/* SPDX-License-Identifier: MIT */
/* taskyard_wait: follows one task to its end through its event stream, and by asking now and then
 * while there is none. */
#include "client/error.h"
#include "client/pump.h"
#include "client/request.h"

#include <string.h>
#include <taskyard/client.h>
#include <time.h>

#define TICK_MS 250
#define ASK_LEAST_MS                                                                               \
    250 /* of silence, then the task is asked for all the same; doubled each time */
#define ASK_MOST_MS 10000
#define PAUSE_LEAST_MS 100
#define PAUSE_MOST_MS 2000

struct wait {
    struct taskyard_client *client;
    const char *id;
    int64_t end_ms; /* PUMP_NEVER */
    taskyard_event_fn event_fn;
    void *arg;
    bool reached; /* the supervisor has answered at least once */
    bool final;   /* an event said that the task has ended */
    bool stopped; /* by the caller's function */
    unsigned pause_ms;
    int64_t ask_at_ms; /* when silence is not trusted any more */
    int64_t ask_after_ms;
};

static void wait_ask_later(struct wait *wait)
{
    wait->ask_at_ms = pump_now_ms() + wait->ask_after_ms;
    wait->ask_after_ms =
        wait->ask_after_ms * 2 < ASK_MOST_MS ? wait->ask_after_ms * 2 : ASK_MOST_MS;
}

/* A stream may be silent because it was cut without notice, or began a moment too late. */
static void wait_distrust_silence(struct wait *wait)
{
    struct taskyard_object *task;

    if (pump_now_ms() < wait->ask_at_ms)
        return;
    task = taskyard_get(wait->client, wait->id, NULL);
    wait->final = taskyard_status_is_final(taskyard_string(task, "status"));
    taskyard_object_free(task);
    wait_ask_later(wait);
}

static bool wait_event(void *arg, const struct taskyard_event *event)
{
    struct wait *wait = arg;

    if (event->kind == TASKYARD_EVENT_TASK) {
        wait->reached = true;
        wait->pause_ms = PAUSE_LEAST_MS;
        wait->final = taskyard_status_is_final(taskyard_string(event->task, "status"));
        wait_ask_later(wait);
    } else {
        wait_distrust_silence(wait);
    }
    if (wait->event_fn != NULL && !wait->event_fn(wait->arg, event))
        wait->stopped = true;
    return !wait->final && !wait->stopped && pump_now_ms() < wait->end_ms;
}

/* False: it makes no sense to go on, *error says why. */
static bool wait_may_go_on(struct wait *wait, struct taskyard_error *error)
{
    if (wait->stopped) {
        error_set(error, TASKYARD_ERROR_STOPPED, "stopped waiting for task %s", wait->id);
        return false;
    }
    if (pump_now_ms() >= wait->end_ms) {
        error_set(error, TASKYARD_ERROR_TIMEOUT, "task %s has not ended in time", wait->id);
        return false;
    }
    switch (error->kind) {
    case TASKYARD_ERROR_NONE:
        return true;
    case TASKYARD_ERROR_LOST: /* it was there: its next life will answer */
        return true;
    case TASKYARD_ERROR_UNREACHABLE:
        return wait->reached;
    case TASKYARD_ERROR_ANSWERED:
        return error->http_status >= 500 || error->http_status == 429;
    default:
        return false;
    }
}

static void wait_pause(struct wait *wait)
{
    struct taskyard_event lost = {.kind = TASKYARD_EVENT_LOST};
    struct timespec pause = {.tv_sec = wait->pause_ms / 1000,
                             .tv_nsec = wait->pause_ms % 1000 * 1000000L};

    if (wait->event_fn != NULL && !wait->event_fn(wait->arg, &lost))
        wait->stopped = true;
    else
        nanosleep(&pause, NULL);
    wait->pause_ms = wait->pause_ms * 2 < PAUSE_MOST_MS ? wait->pause_ms * 2 : PAUSE_MOST_MS;
}

/* The task if it has ended; otherwise NULL, *error NONE if it was answered. */
static struct taskyard_object *wait_ask(struct wait *wait, struct taskyard_error *error)
{
    struct taskyard_object *task = taskyard_get(wait->client, wait->id, error);

    if (task != NULL)
        wait->reached = true;
    if (task != NULL && !taskyard_status_is_final(taskyard_string(task, "status"))) {
        taskyard_object_free(task);
        task = NULL;
    }
    return task;
}

static struct taskyard_object *wait_run(struct wait *wait, struct taskyard_error *error)
{
    struct taskyard_object *task;

    for (;;) {
        bool heard = taskyard_watch(wait->client, wait->id, TICK_MS, wait_event, wait, error);

        if (heard)
            error_none(error);
        if (!wait_may_go_on(wait, error) && !wait->final)
            return NULL;
        task = wait_ask(wait, error);
        if (task != NULL)
            return task;
        if (!wait_may_go_on(wait, error))
            return NULL;
        wait_pause(wait);
    }
}

struct taskyard_object *taskyard_wait(struct taskyard_client *client, const char *id,
                                      int timeout_ms, taskyard_event_fn event_fn, void *arg,
                                      struct taskyard_error *error)
{
    struct wait wait = {.client = client,
                        .id = id,
                        .event_fn = event_fn,
                        .arg = arg,
                        .pause_ms = PAUSE_LEAST_MS,
                        .ask_after_ms = ASK_LEAST_MS};
    struct taskyard_error local;
    struct taskyard_object *task;

    error_none(&local);
    pthread_mutex_lock(&client->lock);
    wait.reached = client->reached;
    pthread_mutex_unlock(&client->lock);
    wait_ask_later(&wait);
    wait.end_ms = timeout_ms < 0 ? PUMP_NEVER : pump_now_ms() + timeout_ms;
    task = wait_run(&wait, &local);
    error_copy(error, &local);
    return task;
}
