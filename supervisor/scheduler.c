/* SPDX-License-Identifier: MIT */
/* One cycle is under way at a time; what ends meanwhile is gathered for the next, so that a busy
 * store commits in groups. */
#include "supervisor/scheduler.h"
#include "common/crash_point.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/disk_room.h"
#include "supervisor/events.h"
#include "supervisor/outbox.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/store.h"
#include "supervisor/task_log.h"
#include "supervisor/template.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define CYCLE_MAX 256
#define POLL_MS 1000
#define LOOK_AGAIN_MS 20 /* after a claim, which does not tell when the next task is due */
#define GATHER_US                                                                                  \
    4000 /* of waiting for more ends to commit together, measured: 1 ms costs a fifth of the rate  \
          */
#define GATHER_SHARE 10 /* while more than a tenth of the last cycle's attempts run */
#define THROTTLE_FIRST_MS 1000
#define THROTTLE_MAX_MS 30000

struct scheduler {
    struct app *app;
    struct event *tick;     /* zero timer: the next turn of the loop */
    struct event *poll;     /* safety net, and the moment the next task is due */
    struct event *throttle; /* pending while claiming pauses because nothing could be started */
    unsigned throttle_ms;
    unsigned limit;
    bool enabled;
    bool want_claim;
    bool in_flight;
    int64_t last_done_us; /* when the last cycle was answered */
    uint64_t first_young; /* number of the first attempt it started */
    size_t started;       /* how many it started */
    size_t young;         /* how many of them have not ended */
    struct run *
        *ended; /* in the order of their ends; the first `sent` are in the cycle under way */
    size_t ended_count;
    size_t ended_room;
    size_t sent;
};

static void scheduler_tick(struct scheduler *scheduler);

static void arm(struct event *timer, int64_t ms)
{
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    evtimer_add(timer, &delay);
}

static void tick_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    scheduler_tick(arg);
}

static void poll_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    scheduler_wake(arg);
}

struct scheduler *scheduler_new(struct app *app)
{
    struct scheduler *scheduler = xcalloc(1, sizeof(*scheduler));

    scheduler->app = app;
    scheduler->limit = SCHEDULER_LIMIT_DEFAULT;
    scheduler->tick = evtimer_new(app->base, tick_cb, scheduler);
    scheduler->poll = evtimer_new(app->base, poll_cb, scheduler);
    scheduler->throttle = evtimer_new(app->base, poll_cb, scheduler);
    return scheduler;
}

void scheduler_free(struct scheduler *scheduler)
{
    if (scheduler == NULL)
        return;
    for (size_t i = 0; i < scheduler->ended_count; i++)
        run_free(scheduler->ended[i]);
    free(scheduler->ended);
    event_free(scheduler->tick);
    event_free(scheduler->poll);
    event_free(scheduler->throttle);
    free(scheduler);
}

void scheduler_enable(struct scheduler *scheduler)
{
    scheduler->enabled = true;
    scheduler_wake(scheduler);
}

bool scheduler_is_enabled(const struct scheduler *scheduler)
{
    return scheduler->enabled;
}

void scheduler_stop_claiming(struct scheduler *scheduler)
{
    scheduler->enabled = false;
    scheduler->want_claim = false;
    evtimer_del(scheduler->poll);
}

void scheduler_wake(struct scheduler *scheduler)
{
    scheduler->want_claim = scheduler->enabled;
    if (!scheduler->in_flight)
        event_active(scheduler->tick, EV_TIMEOUT, 0);
}

void scheduler_claim_behind(struct scheduler *scheduler)
{
    scheduler_wake(scheduler);
    scheduler_tick(scheduler);
}

unsigned scheduler_limit(const struct scheduler *scheduler)
{
    return scheduler->limit;
}

void scheduler_set_limit(struct scheduler *scheduler, unsigned limit)
{
    scheduler->limit = limit;
    scheduler_wake(scheduler);
}

bool scheduler_is_idle(const struct scheduler *scheduler)
{
    return scheduler->ended_count == 0 && !scheduler->in_flight;
}

/* A machine that cannot start a process is given time instead of every task in the queue. */
static void throttle(struct scheduler *scheduler)
{
    if (evtimer_pending(scheduler->throttle, NULL))
        return;
    scheduler->throttle_ms =
        scheduler->throttle_ms == 0 ? THROTTLE_FIRST_MS : scheduler->throttle_ms * 2;
    if (scheduler->throttle_ms > THROTTLE_MAX_MS)
        scheduler->throttle_ms = THROTTLE_MAX_MS;
    log_warn("a worker could not be started; no task is claimed for %u s",
             scheduler->throttle_ms / 1000);
    arm(scheduler->throttle, scheduler->throttle_ms);
}

void scheduler_ended(struct run *run)
{
    struct scheduler *scheduler = run->app->scheduler;

    crash_point(reap_before_store);
    runs_note_ended(run->app->runs);
    if (run->number >= scheduler->first_young && scheduler->young > 0)
        scheduler->young--;
    if (scheduler->ended_count == scheduler->ended_room) {
        scheduler->ended_room = scheduler->ended_room * 2 + 16;
        scheduler->ended =
            xrealloc(scheduler->ended, scheduler->ended_room, sizeof(scheduler->ended[0]));
    }
    scheduler->ended[scheduler->ended_count++] = run;
    outbox_add(scheduler->app->outbox, run);
    if (run->verdict.cause == CAUSE_RESOURCES && !run->app->draining)
        throttle(scheduler);
    else if (run->reaped)
        scheduler->throttle_ms = 0;
    scheduler_wake(scheduler);
}

/* Slots free for new claims: live attempts hold one, and so do ends that are not in this cycle. */
static unsigned claimable(const struct scheduler *scheduler, size_t sending)
{
    size_t taken = runs_live(scheduler->app->runs) + scheduler->ended_count - sending;

    if (!scheduler->enabled || !scheduler->want_claim ||
        !template_is_ready(scheduler->app->template) ||
        evtimer_pending(scheduler->throttle, NULL) || taken >= scheduler->limit ||
        disk_room_is_low(scheduler->app->disk_room))
        return 0;
    return scheduler->limit - taken > CYCLE_MAX ? CYCLE_MAX : (unsigned)(scheduler->limit - taken);
}

static void tell_end(const struct run *run, const struct store_finish *finish,
                     int64_t finished_at_us)
{
    struct task task = run->task; /* a view: the strings stay the run's */

    task.status = finish->status;
    task.progress = finish->progress;
    task.result = (char *)finish->result;
    task.error = (char *)finish->error;
    if (finish->status != TASK_PENDING)
        task.finished_at_us = finished_at_us;
    if (finish->artifact != NULL) {
        task.artifact_file_key = (char *)finish->artifact->key;
        task.artifact_file_name = (char *)finish->artifact->name;
    }
    task.auto_retry_count += finish->count_auto_retry ? 1 : 0;
    task.updated_at_us = finished_at_us;
    events_task(run->app->events, &task);
    metrics_task_ended(&run->app->metrics, run->app->types, &task, true);
}

/* What somebody may have to look into is told; successes would only be many. */
static void tell_journal(const struct run *run, enum task_status status)
{
    const char *cause = attempt_cause_name(run->verdict.cause);

    if (run->verdict.status == TASK_FAILED || run->verdict.count_auto_retry)
        run_journal(run, LOG_LEVEL_INFO, "%s failed%s (%s): %s", run->task.type,
                    status == TASK_PENDING ? ", tried again later" : "", cause,
                    run->final_error != NULL ? run->final_error : "no reason");
    else
        run_journal(run, LOG_LEVEL_DEBUG, "%s %s", run->task.type, cause);
}

static void on_stored(struct run *run, const struct store_cycle_answer *answer, size_t i)
{
    struct store_finish finish = run_finish(run);
    enum store_result result = answer->finishes[i];
    enum task_status status = answer->statuses[i];

    if (status == TASK_FAILED && finish.status == TASK_SUCCESS) {
        finish.result = NULL;
        finish.artifact = NULL;
    }
    finish.error = answer->errors[i];
    finish.status = status;
    finish.count_auto_retry = finish.count_auto_retry && status == TASK_PENDING;
    if (result == STORE_OK)
        tell_end(run, &finish, answer->finished_at_us[i]);
    else
        run_journal(run, LOG_LEVEL_WARN, "its end (%s) was refused: %s",
                    attempt_cause_name(run->verdict.cause), store_result_name(result));
    tell_journal(run, status);
    outbox_stored(run->app->outbox, run);
    run_free(run);
}

static void release_sent(struct scheduler *scheduler, const struct store_cycle_answer *answer)
{
    size_t sent = scheduler->sent;

    if (sent == 0)
        return;
    scheduler->sent = 0;
    for (size_t i = 0; i < sent; i++)
        on_stored(scheduler->ended[i], answer, i);
    scheduler->ended_count -= sent;
    memmove(scheduler->ended, scheduler->ended + sent,
            scheduler->ended_count * sizeof(scheduler->ended[0]));
}

static void plan_next(struct scheduler *scheduler, const struct store_cycle_answer *answer)
{
    int64_t next = answer->claimed_count > 0 ? LOOK_AGAIN_MS : POLL_MS;

    if (answer->next_due_in_ms >= 0 && answer->next_due_in_ms < next)
        next = answer->next_due_in_ms;
    if (scheduler->enabled)
        arm(scheduler->poll, next);
}

static void start_claimed(struct scheduler *scheduler, const struct store_cycle_answer *answer)
{
    scheduler->first_young = runs_last_number(scheduler->app->runs) + 1;
    scheduler->started = scheduler->young = answer->claimed_count;
    for (size_t i = 0; i < answer->claimed_count; i++)
        run_start(scheduler->app, &answer->claimed[i]);
}

struct cycle {
    struct scheduler *scheduler;
    unsigned claim_limit;
};

static void cycle_done_cb(void *arg, enum store_result result,
                          const struct store_cycle_answer *answer)
{
    struct cycle *cycle = arg;
    struct scheduler *scheduler = cycle->scheduler;

    scheduler->in_flight = false;
    scheduler->last_done_us = clock_us();
    if (result != STORE_OK) { /* the store is closing, or the values were refused: the ends stay for
                                 another try */
        log_error("a cycle of the scheduler failed: %s", store_result_name(result));
        scheduler->sent = 0;
        arm(scheduler->poll, POLL_MS);
        free(cycle);
        return;
    }
    release_sent(scheduler, answer);
    if (cycle->claim_limit > 0 && answer->claimed_count == cycle->claim_limit)
        scheduler->want_claim = scheduler->enabled;
    start_claimed(scheduler, answer);
    plan_next(scheduler, answer);
    scheduler_tick(scheduler);
    free(cycle);
}

/* A commit costs the same for one end as for ten. Right after a cycle, ends wait a moment until
 * most attempts it started have ended as well; they never do when it started nothing. True: the
 * tick comes again by itself. */
static bool gather(struct scheduler *scheduler)
{
    int64_t left = scheduler->last_done_us + GATHER_US - clock_us();
    struct timeval delay = {.tv_usec = left};

    if (scheduler->ended_count == 0 || left <= 0 ||
        scheduler->young * GATHER_SHARE <= scheduler->started)
        return false;
    evtimer_add(scheduler->tick, &delay);
    return true;
}

static void scheduler_tick(struct scheduler *scheduler)
{
    struct store_finish finishes[CYCLE_MAX];
    struct store_cycle request = {.finishes = finishes};
    struct cycle *cycle;

    if (scheduler->in_flight || gather(scheduler))
        return;
    request.finish_count = scheduler->ended_count < CYCLE_MAX ? scheduler->ended_count : CYCLE_MAX;
    request.claim_limit = claimable(scheduler, request.finish_count);
    if (request.finish_count == 0 && request.claim_limit == 0) {
        if (scheduler->enabled && !evtimer_pending(scheduler->poll, NULL))
            arm(scheduler->poll, POLL_MS);
        return;
    }
    for (size_t i = 0; i < request.finish_count; i++)
        finishes[i] = run_finish(scheduler->ended[i]);
    if (request.finish_count > 0)
        task_log_flush(scheduler->app->task_log);
    scheduler->sent = request.finish_count;
    scheduler->in_flight = true;
    if (request.claim_limit > 0)
        scheduler->want_claim = false;
    cycle = xcalloc(1, sizeof(*cycle));
    cycle->scheduler = scheduler;
    cycle->claim_limit = request.claim_limit;
    store_cycle(scheduler->app->store, &request, cycle_done_cb, cycle);
}
