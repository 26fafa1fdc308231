/* SPDX-License-Identifier: MIT */
/* The ladder that ends a run, and the timers that lead to it. A process group is signalled only
 * while its leader, our child, is not reaped: its number cannot have been given to another
 * (kill(2), wait(2)). */
#include "common/json_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/run.h"
#include "supervisor/store.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KILL_AGAIN_MS                                                                              \
    1000 /* a process in uninterruptible sleep takes SIGKILL only when it wakes                    \
          */
#define KILLS_LOGGED 3

void run_event(struct run *run, const char *kind, const char *actor, const char *detail)
{
    struct store_event event = {.row_id = run->task.row_id,
                                .attempt = run->task.attempt,
                                .kind = kind,
                                .actor = actor,
                                .detail = detail,
                                .at_us = clock_wall_us()};

    store_event_append(run->app->store, &event, 1, NULL, NULL);
}

static void signal_group(const struct run *run, int number)
{
    if (run->pid <= 1 || run->reaped || run->pid == getpgrp())
        return;
    if (kill(-run->pid, number) != 0 && errno == ESRCH)
        kill(run->pid, number); /* it has not made its own session yet */
}

static const char *reason_name(enum stop_reason reason)
{
    static const char *const names[] = {"none",     "cancel",   "timeout", "stall",
                                        "protocol", "shutdown", "lost"};

    return names[reason];
}

static void note_signal(struct run *run, const char *kind, const char *signal_name,
                        const char *actor)
{
    char *detail = xasprintf("{\"signal\":\"%s\",\"reason\":\"%s\",\"pid\":%d,\"after_ms\":%lld}",
                             signal_name, reason_name(run->stop), (int)run->pid,
                             run->stop_ms > 0 ? (long long)(clock_ms() - run->stop_ms) : 0);

    run_event(run, kind, actor, detail);
    free(detail);
}

static void terminate(struct run *run, const char *actor)
{
    run->stop_ms = clock_ms();
    signal_group(run, SIGTERM);
    signal_group(run, SIGCONT); /* a stopped process cannot act on SIGTERM */
    note_signal(run, "signalled", "SIGTERM", actor);
}

static void kill_now(struct run *run)
{
    run->kill_ms = clock_ms();
    signal_group(run, SIGKILL);
    if (++run->kills > KILLS_LOGGED)
        return;
    note_signal(run, "killed", "SIGKILL", TASK_CREATOR_SYSTEM);
    if (run->kills == KILLS_LOGGED)
        log_warn("task %s: pid %d does not die of SIGKILL; it waits inside the kernel",
                 run->task.id, (int)run->pid);
}

void run_stop(struct run *run, enum stop_reason reason, const char *actor)
{
    if (run->phase == RUN_ENDED || run->phase == RUN_COLLECTING)
        return;
    if (run->stop == STOP_NONE || reason == STOP_CANCEL)
        run->stop = reason;
    if (reason == STOP_CANCEL && run->task.cancel_requested_at_us == 0)
        run->task.cancel_requested_at_us = clock_wall_us(); /* shown until the table has its own */
    if (run->phase != RUN_RUNNING || run->stop_ms > 0)
        return; /* nothing to signal yet, or signalled already */
    terminate(run, actor);
    run_arm_timer(run);
}

/* The moment of the next thing to do, 0 for none. */
static int64_t next_deadline(const struct run *run)
{
    int64_t deadline = 0, stall;

    if (run->kill_ms > 0)
        return run->kill_ms + KILL_AGAIN_MS;
    if (run->stop_ms > 0)
        return run->stop_ms + run->type->grace_ms;
    if (run->type->timeout_ms > 0)
        deadline = run->started_ms + run->type->timeout_ms;
    if (run->type->stall_timeout_ms > 0) {
        stall = run->last_message_ms + run->type->stall_timeout_ms;
        deadline = deadline == 0 || stall < deadline ? stall : deadline;
    }
    return deadline;
}

static void act_on_deadline(struct run *run)
{
    int64_t now = clock_ms();

    if (run->phase != RUN_RUNNING)
        return;
    if (run->stop_ms > 0)
        kill_now(run);
    else if (run->type->timeout_ms > 0 && now >= run->started_ms + run->type->timeout_ms)
        run_stop(run, STOP_TIMEOUT, TASK_CREATOR_SYSTEM);
    else if (run->type->stall_timeout_ms > 0 &&
             now >= run->last_message_ms + run->type->stall_timeout_ms)
        run_stop(run, STOP_STALL, TASK_CREATOR_SYSTEM);
}

static void deadline_cb(evutil_socket_t fd, short what, void *arg)
{
    struct run *run = arg;

    (void)fd, (void)what;
    if (clock_ms() >= next_deadline(run))
        act_on_deadline(run);
    run_arm_timer(run); /* a sign of life may have moved the deadline since the timer was set */
}

void run_arm_timer(struct run *run)
{
    int64_t deadline = next_deadline(run), left;
    struct timeval delay;

    if (deadline == 0 || run->phase != RUN_RUNNING)
        return;
    if (run->timer == NULL)
        run->timer = evtimer_new(run->app->base, deadline_cb, run);
    left = deadline - clock_ms();
    left = left > 0 ? left : 0;
    delay = (struct timeval){.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
    evtimer_add(run->timer, &delay);
}
