/* SPDX-License-Identifier: MIT */
/* The ladder that ends a run, and the timers that lead to it. A process group is signalled only
 * while its leader, our child, is not reaped: its number cannot have been given to another
 * (kill(2), wait(2)). */
#include "common/json_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/cgroup.h"
#include "supervisor/clock.h"
#include "supervisor/loop.h"
#include "supervisor/run.h"
#include "supervisor/run_members.h"
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
#define PATIENCE_MS 3000 /* with what a worker has left, after the first SIGKILL */

void run_event(struct run *run, const char *kind, const struct store_actor *who, const char *detail)
{
    struct store_event event = {.row_id = run->task.row_id,
                                .attempt = run->task.attempt,
                                .kind = kind,
                                .actor = who->id,
                                .address = who->address,
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
                                        "protocol", "shutdown", "lost",    "kill"};

    return names[reason];
}

void run_kill_leaf(struct run *run)
{
    unsigned count;

    if (run->leaf == NULL)
        return;
    count = cgroup_leaf_kill(run->leaf);
    run->processes = count > run->processes ? count : run->processes;
    if (run->phase == RUN_CLEARING)
        cgroup_leaf_watch(run->leaf); /* its end leads to tree_check() */
}

/* Whoever wanted the end, for the events. */
static struct store_actor asker(const struct run *run)
{
    if (run->stop_actor == NULL)
        return *STORE_SYSTEM;
    return (struct store_actor){.id = run->stop_actor, .address = run->stop_address};
}

static void note_asker(struct run *run, const struct store_actor *who)
{
    free(run->stop_actor);
    free(run->stop_address);
    run->stop_actor = xstrdup(who->id);
    run->stop_address = xstrdup_or_null(who->address);
}

/* `signal` 0: they are only counted. */
static void signal_members(struct run *run, int signal)
{
    struct run_members members;
    unsigned living;

    run_members_read(run, &members);
    living = run_members_living(&members);
    run->processes = living > run->processes ? living : run->processes;
    if (signal != 0)
        run_members_signal(&members, signal);
    run_members_free(&members);
}

static void note_signal(struct run *run, const char *kind, const char *signal_name,
                        const struct store_actor *who)
{
    char *detail = xasprintf(
        "{\"signal\":\"%s\",\"reason\":\"%s\",\"pid\":%d,\"processes\":%u,\"after_ms\":%lld}",
        signal_name, reason_name(run->stop), (int)run->pid, run->processes,
        run->stop_ms > 0 ? (long long)(clock_ms() - run->stop_ms) : 0);

    run_event(run, kind, who, detail);
    free(detail);
}

static void terminate(struct run *run)
{
    struct store_actor who = asker(run);

    run->stop_ms = clock_ms();
    signal_members(run, 0);
    signal_group(run, SIGTERM);
    signal_group(run, SIGCONT); /* a stopped process cannot act on SIGTERM */
    run_let_go_on(run);
    note_signal(run, "signalled", "SIGTERM", &who);
}

static void kill_now(struct run *run)
{
    struct store_actor who = run->stop == STOP_KILL ? asker(run) : *STORE_SYSTEM;

    run->kill_ms = clock_ms();
    run_kill_leaf(run);
    if (run->leaf == NULL)
        signal_members(run, SIGKILL);
    signal_group(run, SIGKILL);
    run_pause_over(run);
    if (++run->kills > KILLS_LOGGED)
        return;
    note_signal(run, "killed", "SIGKILL", &who);
    if (run->kills == KILLS_LOGGED)
        run_journal(run, LOG_LEVEL_WARN,
                    "pid %d does not die of SIGKILL; it waits inside the kernel", (int)run->pid);
}

bool run_is_undying(const struct run *run)
{
    switch (run->phase) {
    case RUN_RUNNING:
        return run->kills >= KILLS_LOGGED;
    case RUN_CLEARING:
        return clock_ms() - run->clearing_ms > PATIENCE_MS;
    default:
        return false;
    }
}

/* Shown until the table has its own. */
static void show_request(struct run *run)
{
    if (run->task.cancel_requested_at_us == 0)
        run->task.cancel_requested_at_us = clock_wall_us();
}

void run_stop(struct run *run, enum stop_reason reason, const struct store_actor *who)
{
    if (run->phase == RUN_ENDED || run->phase == RUN_COLLECTING || run->stop == STOP_KILL)
        return;
    if (reason == STOP_SHUTDOWN && run->phase > RUN_RUNNING)
        return; /* its worker has ended by itself: that is no interruption */
    if (run->stop == STOP_NONE || (reason == STOP_CANCEL && run->stop != STOP_CANCEL)) {
        run->stop = reason;
        note_asker(run, who);
    }
    if (reason == STOP_CANCEL)
        show_request(run);
    if (run->phase != RUN_RUNNING || run->stop_ms > 0)
        return; /* nothing to signal yet, or signalled already */
    terminate(run);
    run_arm_timer(run);
}

void run_kill(struct run *run, const struct store_actor *who, const char *sentence)
{
    if (run->phase == RUN_ENDED || run->phase == RUN_COLLECTING)
        return;
    run->stop = STOP_KILL;
    note_asker(run, who);
    free(run->killed_by);
    run->killed_by = xstrdup(sentence);
    show_request(run);
    if (run->phase != RUN_RUNNING)
        return; /* there is no process yet, or what is left is being killed */
    run->stop_ms = clock_ms();
    run->kills = 0;
    kill_now(run);
    run_arm_timer(run);
}

void run_stop_late(struct run *run)
{
    if (run->stop == STOP_NONE)
        return;
    if (run->stop == STOP_KILL) {
        run->stop_ms = clock_ms();
        kill_now(run);
    } else {
        terminate(run);
    }
    run_arm_timer(run);
}

/* Pauses do not count. */
static int64_t time_out_at(const struct run *run)
{
    return run->started_ms + run->paused_ms + run->type->timeout_ms;
}

/* The moment of the next thing to do, 0 for none. */
static int64_t next_deadline(const struct run *run)
{
    int64_t deadline = 0, stall;

    if (run->kill_ms > 0)
        return run->kill_ms + KILL_AGAIN_MS;
    if (run->stop_ms > 0)
        return run->stop_ms + run->type->grace_ms;
    if (run->pause_ms > 0)
        return 0;
    if (run->type->timeout_ms > 0)
        deadline = time_out_at(run);
    if (run->type->stall_timeout_ms > 0) {
        stall = run->last_message_ms + run->type->stall_timeout_ms;
        deadline = deadline == 0 || stall < deadline ? stall : deadline;
    }
    return deadline;
}

static void act_on_deadline(struct run *run)
{
    int64_t now = clock_ms();

    if (run->phase != RUN_RUNNING || (run->pause_ms > 0 && run->stop_ms == 0))
        return;
    if (run->stop_ms > 0)
        kill_now(run);
    else if (run->type->timeout_ms > 0 && now >= time_out_at(run))
        run_stop(run, STOP_TIMEOUT, STORE_SYSTEM);
    else if (run->type->stall_timeout_ms > 0 &&
             now >= run->last_message_ms + run->type->stall_timeout_ms)
        run_stop(run, STOP_STALL, STORE_SYSTEM);
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
        run->timer = loop_urgent_new(run->app->base, -1, 0, deadline_cb, run);
    left = deadline - clock_ms();
    left = left > 0 ? left : 0;
    delay = (struct timeval){.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
    evtimer_add(run->timer, &delay);
}
