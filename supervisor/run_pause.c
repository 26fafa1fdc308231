/* SPDX-License-Identifier: MIT */
/* Pausing a run: its cgroup is frozen or, where there is none, each of its processes is stopped by
 * SIGSTOP. It counts as paused when a look at it shows that nothing of it moves any more. */
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/cgroup.h"
#include "supervisor/clock.h"
#include "supervisor/events.h"
#include "supervisor/loop.h"
#include "supervisor/run.h"
#include "supervisor/run_members.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS 5         /* between two looks, while somebody waits for the answer */
#define LOOK_LATER_MS 200 /* and when nobody does any more */
#define ANSWER_MS 2000    /* a process that waits inside the kernel stops only when it wakes */

static bool is_stopped(const struct proc_scan_stat *stat)
{
    return strchr("TtZX", stat->state) != NULL;
}

/* SIGSTOP to whatever moves. True if nothing did: a process is looked at before its children are,
 * so one that is stopped can have made no more of them. Of too many it is not known. *living: how
 * many there are; to look twice takes twice as long, and the loop waits. */
static bool stop_members(struct run *run, unsigned *living)
{
    struct run_members members;
    bool all = true;

    run_members_read(run, &members);
    for (size_t i = 0; i < members.count; i++) {
        if (is_stopped(&members.rows[i]))
            continue;
        all = false;
        proc_scan_signal(members.rows[i].pid, members.rows[i].start_ticks, SIGSTOP);
    }
    all = all && !members.cut;
    *living = run_members_living(&members);
    run_members_free(&members);
    return all;
}

static unsigned count_members(struct run *run)
{
    struct run_members members;
    unsigned living;

    run_members_read(run, &members);
    living = run_members_living(&members);
    run_members_free(&members);
    return living;
}

/* Whoever waits is told once. */
static void answer(struct run *run, bool paused)
{
    run_paused_fn done = run->pause_done;

    run->pause_done = NULL;
    if (done != NULL)
        done(run->pause_arg, paused);
}

static void note_paused(struct run *run, unsigned living)
{
    const struct store_actor who = {.id = run->pause_actor, .address = run->pause_address};
    char *detail = xasprintf("{\"containment\":\"%s\",\"processes\":%u,\"after_ms\":%lld}",
                             run->frozen ? "cgroup" : "session", living,
                             (long long)(clock_ms() - run->pause_ms));

    run->task.paused_at_us = clock_wall_us();
    run_event(run, "paused", &who, detail);
    events_task(run->app->events, &run->task);
    free(detail);
}

static void look_again(struct run *run)
{
    bool late = clock_ms() - run->pause_ms >= ANSWER_MS;
    struct timeval delay = {.tv_usec = (late ? LOOK_LATER_MS : LOOK_MS) * 1000};

    if (late)
        answer(run, false);
    evtimer_add(run->pause_timer, &delay);
}

static void look(struct run *run)
{
    unsigned living = 0;
    bool stopped = run->frozen ? cgroup_leaf_is_frozen(run->leaf) : stop_members(run, &living);

    if (!stopped) {
        look_again(run);
        return;
    }
    note_paused(run, run->frozen ? count_members(run) : living);
    answer(run, true);
}

static void look_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    look(arg);
}

bool run_pause(struct run *run, const struct store_actor *who, run_paused_fn done, void *arg)
{
    if (run->phase != RUN_RUNNING || run->stop != STOP_NONE || run->pause_ms > 0)
        return false;
    run->pause_ms = clock_ms();
    run->pause_actor = xstrdup(who->id);
    run->pause_address = xstrdup_or_null(who->address);
    run->pause_done = done;
    run->pause_arg = arg;
    if (run->timer != NULL)
        evtimer_del(run->timer);
    if (run->pause_timer == NULL)
        run->pause_timer = loop_urgent_new(run->app->base, -1, 0, look_cb, run);
    run->frozen = run->leaf != NULL && cgroup_leaf_freeze(run->leaf, true);
    look(run);
    return true;
}

void run_let_go_on(struct run *run)
{
    struct run_members members;

    if (run->pause_ms == 0)
        return;
    if (run->frozen) {
        cgroup_leaf_freeze(run->leaf, false);
    } else {
        run_members_read(run, &members);
        run_members_signal(&members, SIGCONT);
        run_members_free(&members);
    }
    run_pause_over(run);
}

void run_pause_over(struct run *run)
{
    int64_t now = clock_ms();

    if (run->pause_ms == 0)
        return;
    if (run->frozen && run->leaf != NULL)
        cgroup_leaf_freeze(run->leaf, false); /* for whoever gets the leaf next */
    evtimer_del(run->pause_timer);
    /* The stall timer has stood still since the pause, or since a line that came after it. */
    run->last_message_ms +=
        now - (run->last_message_ms > run->pause_ms ? run->last_message_ms : run->pause_ms);
    run->paused_ms += now - run->pause_ms;
    run->pause_ms = 0;
    run->frozen = false;
    run->task.paused_at_us = 0;
    free(run->pause_actor);
    free(run->pause_address);
    run->pause_actor = run->pause_address = NULL;
    answer(run, false);
}

bool run_pause_is_open(const struct run *run)
{
    return run->pause_ms > 0 && run->task.paused_at_us == 0;
}

void run_pause_resume(struct run *run)
{
    if (run->pause_ms > 0)
        run->pause_timer = loop_urgent_new(run->app->base, -1, 0, look_cb, run);
}

bool run_resume(struct run *run, const struct store_actor *who)
{
    int64_t since = run->pause_ms;
    char *detail;

    if (run->phase != RUN_RUNNING || since == 0)
        return false;
    run_let_go_on(run);
    detail = xasprintf("{\"paused_ms\":%lld}", (long long)(clock_ms() - since));
    run_event(run, "resumed", who, detail);
    events_task(run->app->events, &run->task);
    free(detail);
    run_arm_timer(run);
    return true;
}
