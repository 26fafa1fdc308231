/* SPDX-License-Identifier: MIT */
/* What an administrator would see who looks over the shoulder of a process. */
#include "supervisor/proc_summary.h"
#include "common/xalloc.h"
#include "supervisor/proc_call.h"

#include <stdlib.h>
#include <string.h>

#define INTERVAL_MIN_MS 300 /* processor time is counted in steps of 10 ms */
#define BUSY_PERCENT 50
#define FEW_SWITCHES 20 /* a process that has run so few times has done little but wait */
#define BLOCKED_MIN_MS 1000
#define SILENCE_MS 10000 /* worth a word */

/* ---- the past ---- */

static const struct proc_past *find_past(const struct proc_history *history,
                                         const struct proc_look *look)
{
    for (size_t i = 0; i < history->count; i++)
        if (history->rows[i].pid == look->pid && history->rows[i].start_ticks == look->start_ticks)
            return &history->rows[i];
    return NULL;
}

static struct proc_past first_look(const struct proc_look *look, int64_t now_ms)
{
    struct proc_past past = {.pid = look->pid,
                             .start_ticks = look->start_ticks,
                             .at_ms = now_ms,
                             .cpu_ms = look->cpu_ms,
                             .switches = look->switches,
                             .voluntary = look->voluntary};

    if (look->age_ms > 0)
        past.percent = (double)look->cpu_ms * 100 / (double)look->age_ms;
    if (look->switches <= FEW_SWITCHES)
        past.still_since_ms = now_ms - look->age_ms;
    if (past.percent >= BUSY_PERCENT)
        past.busy_since_ms = now_ms - look->age_ms;
    return past;
}

static struct proc_past next_look(const struct proc_past *before, const struct proc_look *look,
                                  int64_t now_ms)
{
    struct proc_past past = first_look(look, now_ms);
    /* On a machine that has too much to do its share of a processor may be small all the same. */
    bool waited_for_nothing = look->state == 'R' && look->voluntary == before->voluntary;

    past.percent = (double)(look->cpu_ms - before->cpu_ms) * 100 / (double)(now_ms - before->at_ms);
    past.still_since_ms = past.busy_since_ms = 0;
    if (look->cpu_ms == before->cpu_ms && look->switches == before->switches)
        past.still_since_ms = before->still_since_ms != 0 ? before->still_since_ms : before->at_ms;
    if (past.percent >= BUSY_PERCENT || waited_for_nothing)
        past.busy_since_ms = before->busy_since_ms != 0 ? before->busy_since_ms : before->at_ms;
    return past;
}

void proc_history_add(struct proc_history *history, const struct proc_look *looks, size_t count,
                      int64_t now_ms)
{
    struct proc_history fresh = {.count = count < PROC_SUMMARY_MAX ? count : PROC_SUMMARY_MAX};

    for (size_t i = 0; i < fresh.count; i++) {
        const struct proc_past *before = find_past(history, &looks[i]);
        if (before == NULL)
            fresh.rows[i] = first_look(&looks[i], now_ms);
        else if (now_ms - before->at_ms < INTERVAL_MIN_MS)
            fresh.rows[i] = *before;
        else
            fresh.rows[i] = next_look(before, &looks[i], now_ms);
    }
    *history = fresh;
}

/* ---- the tree ---- */

static bool has_parent(const struct proc_look *looks, size_t count, size_t of)
{
    for (size_t i = 0; i < count; i++)
        if (i != of && looks[i].pid == looks[of].parent)
            return true;
    return false;
}

void proc_summary_sort(struct proc_look *looks, unsigned *depths, size_t count)
{
    struct proc_look *sorted = xcalloc(count + 1, sizeof(*sorted));
    bool *taken = xcalloc(count + 1, sizeof(*taken));
    size_t placed = 0;

    while (placed < count) {
        size_t next = count;
        unsigned depth = 0;
        /* A child of the one placed last, else of one above it, else another root. */
        for (size_t above = placed; above > 0 && next == count; above--)
            for (size_t i = 0; i < count && next == count; i++)
                if (!taken[i] && looks[i].parent == sorted[above - 1].pid) {
                    next = i;
                    depth = depths[above - 1] + 1;
                }
        for (size_t i = 0; i < count && next == count; i++)
            if (!taken[i] && !has_parent(looks, count, i))
                next = i;
        for (size_t i = 0; i < count && next == count; i++)
            if (!taken[i]) /* a circle: numbers were given away while we looked */
                next = i;
        taken[next] = true;
        sorted[placed] = looks[next];
        depths[placed++] = depth;
    }
    memcpy(looks, sorted, count * sizeof(*looks));
    free(sorted);
    free(taken);
}

/* ---- what it comes to ---- */

static const char *const codes[] = {
    [PROC_DOING_UNSEEN] = "unseen",       [PROC_DOING_PAUSED] = "paused",
    [PROC_DOING_BUSY] = "busy",           [PROC_DOING_RUNNING] = "running",
    [PROC_DOING_SLEEPING] = "sleeping",   [PROC_DOING_STOPPED] = "stopped",
    [PROC_DOING_TRACED] = "traced",       [PROC_DOING_ENDED] = "ended",
    [PROC_DOING_CHILD] = "child",         [PROC_DOING_KERNEL] = "kernel",
    [PROC_DOING_READ] = "read",           [PROC_DOING_WRITE] = "write",
    [PROC_DOING_READY] = "ready",         [PROC_DOING_LOCK] = "lock",
    [PROC_DOING_FILE_LOCK] = "file_lock", [PROC_DOING_CONNECT] = "connect",
    [PROC_DOING_ACCEPT] = "accept",       [PROC_DOING_DISK] = "disk",
    [PROC_DOING_OPEN] = "open",           [PROC_DOING_SIGNAL] = "signal",
    [PROC_DOING_AGAIN] = "again",         [PROC_DOING_CALL] = "call",
};

const char *proc_doing_code(enum proc_doing doing)
{
    return codes[doing];
}

static enum proc_doing doing_in_call(const struct proc_look *look)
{
    static const enum proc_doing doings[] = {
        [PROC_WAIT_OTHER] = PROC_DOING_CALL,      [PROC_WAIT_READ] = PROC_DOING_READ,
        [PROC_WAIT_WRITE] = PROC_DOING_WRITE,     [PROC_WAIT_READY] = PROC_DOING_READY,
        [PROC_WAIT_LOCK] = PROC_DOING_LOCK,       [PROC_WAIT_FILE_LOCK] = PROC_DOING_FILE_LOCK,
        [PROC_WAIT_SLEEP] = PROC_DOING_SLEEPING,  [PROC_WAIT_CHILD] = PROC_DOING_CHILD,
        [PROC_WAIT_CONNECT] = PROC_DOING_CONNECT, [PROC_WAIT_ACCEPT] = PROC_DOING_ACCEPT,
        [PROC_WAIT_DISK] = PROC_DOING_DISK,       [PROC_WAIT_OPEN] = PROC_DOING_OPEN,
        [PROC_WAIT_SIGNAL] = PROC_DOING_SIGNAL,   [PROC_WAIT_AGAIN] = PROC_DOING_AGAIN,
    };

    return look->in_call ? doings[proc_call_wait(look->call)] : PROC_DOING_SLEEPING;
}

static enum proc_doing doing_of(const struct proc_look *look)
{
    switch (look->state) {
    case 'T':
        return PROC_DOING_STOPPED;
    case 't':
        return PROC_DOING_TRACED;
    case 'D':
        return PROC_DOING_KERNEL;
    case 'R':
        return PROC_DOING_RUNNING;
    case 'Z':
    case 'X':
        return PROC_DOING_ENDED;
    default:
        return doing_in_call(look);
    }
}

static struct proc_step step_of(const struct proc_scene *scene, size_t i)
{
    struct proc_step step = {.doing = doing_of(&scene->looks[i]), .look = &scene->looks[i]};
    int64_t since = scene->history->rows[i].still_since_ms;

    if (!proc_doing_blocks(step.doing))
        return step;
    if (since > 0 && scene->now_ms - since >= BLOCKED_MIN_MS)
        step.for_ms = scene->now_ms - since;
    else if (since == 0 && scene->silent_ms >= SILENCE_MS)
        step.silent_ms = scene->silent_ms;
    return step;
}

/* Sets the index of a child that lives. */
static bool find_child(const struct proc_scene *scene, pid_t parent, size_t *child)
{
    for (size_t i = 0; i < scene->count; i++)
        if (scene->looks[i].parent == parent && scene->looks[i].state != 'Z') {
            *child = i;
            return true;
        }
    return false;
}

/* From a process down to what the last of those that wait for a child waits for. */
static void descend(const struct proc_scene *scene, size_t i, struct proc_summary *summary)
{
    struct proc_step *step;

    do {
        step = &summary->steps[summary->count++];
        *step = step_of(scene, i);
    } while (step->doing == PROC_DOING_CHILD && summary->count < PROC_STEPS_MAX &&
             find_child(scene, step->look->pid, &i));
}

static bool is_busy(const struct proc_scene *scene, struct proc_step *step)
{
    const struct proc_past *rows = scene->history->rows;
    int64_t since = 0;

    for (size_t i = 0; i < scene->count; i++) {
        step->percent += rows[i].percent;
        if (rows[i].busy_since_ms != 0 && (since == 0 || rows[i].busy_since_ms < since))
            since = rows[i].busy_since_ms;
    }
    step->doing = PROC_DOING_BUSY;
    step->for_ms = since != 0 ? scene->now_ms - since : 0;
    return step->percent >= BUSY_PERCENT || since != 0;
}

void proc_summary(const struct proc_scene *scene, struct proc_summary *summary)
{
    struct proc_step busy = {0};
    size_t worker = 0;

    *summary = (struct proc_summary){.processes = scene->count};
    for (size_t i = 0; i < scene->count; i++)
        if (scene->looks[i].pid == scene->worker)
            worker = i;
    if (scene->count == 0)
        summary->steps[summary->count++].doing = PROC_DOING_UNSEEN;
    else if (scene->paused)
        summary->steps[summary->count++].doing = PROC_DOING_PAUSED;
    else if (scene->looks[worker].state != 'T' && is_busy(scene, &busy))
        summary->steps[summary->count++] = busy;
    else
        descend(scene, worker, summary);
}
