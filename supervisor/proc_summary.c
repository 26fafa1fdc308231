/* SPDX-License-Identifier: MIT */
/* The words of an administrator who looks over the shoulder of a process. */
#include "supervisor/proc_summary.h"
#include "common/xalloc.h"
#include "supervisor/proc_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_MIN_MS 300 /* processor time is counted in steps of 10 ms */
#define BUSY_PERCENT 50
#define FEW_SWITCHES 20  /* a process that has run so few times has done little but wait */
#define SILENCE_MS 10000 /* worth a word */
#define DEPTH_TOLD 4     /* of parents that wait for their children */

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

/* ---- the sentence ---- */

static char *duration(int64_t ms)
{
    int64_t seconds = ms / 1000;

    if (seconds < 8 * 60)
        return xasprintf("%lld s", (long long)seconds);
    if (seconds < 2 * 3600)
        return xasprintf("%lld min", (long long)(seconds / 60));
    return xasprintf("%lld h", (long long)(seconds / 3600));
}

static const char *thing(const struct proc_look *look)
{
    static const char *const things[] = {"a descriptor", "a pipe",   "a socket",
                                         "a file",       "a device", "a descriptor"};

    return things[look->fd_kind];
}

static char *waiting_text(const struct proc_look *look)
{
    const char *name = proc_call_name(look->call);

    switch (proc_call_wait(look->call)) {
    case PROC_WAIT_READ:
        return xasprintf("reading from %s", thing(look));
    case PROC_WAIT_WRITE:
        return xasprintf("writing to %s", thing(look));
    case PROC_WAIT_READY:
        return xasprintf("waiting until one of several descriptors is ready (%s)", name);
    case PROC_WAIT_LOCK:
        return xstrdup("waiting for a lock or another thread (futex)");
    case PROC_WAIT_FILE_LOCK:
        return xasprintf("waiting for a lock on %s%s%s", thing(look),
                         look->target[0] != '\0' ? " " : "", look->target);
    case PROC_WAIT_CONNECT:
        return xstrdup("connecting to a server");
    case PROC_WAIT_ACCEPT:
        return xstrdup("waiting for a client to connect");
    case PROC_WAIT_DISK:
        return xstrdup("waiting for the disk");
    case PROC_WAIT_OPEN:
        return xstrdup("opening a file");
    case PROC_WAIT_SIGNAL:
        return xstrdup("waiting for a signal");
    case PROC_WAIT_CHILD:
        return xstrdup("waiting for a child");
    case PROC_WAIT_AGAIN:
        return xstrdup("in a wait that a pause had interrupted");
    case PROC_WAIT_SLEEP:
    case PROC_WAIT_OTHER:
        break;
    }
    return name != NULL ? xasprintf("in the system call %s", name)
                        : xasprintf("in system call %ld", look->call);
}

static char *blocked_text(const struct proc_scene *scene, size_t i, const char *what)
{
    int64_t since = scene->history->rows[i].still_since_ms;
    char *length, *text;

    if (since > 0 && scene->now_ms - since >= 1000) {
        length = duration(scene->now_ms - since);
        text = xasprintf("blocked %s %s", length, what);
    } else if (since == 0 && scene->silent_ms >= SILENCE_MS) {
        length = duration(scene->silent_ms);
        text = xasprintf("blocked %s; no message for %s", what, length);
    } else {
        return xasprintf("blocked %s", what);
    }
    free(length);
    return text;
}

static char *one_text(const struct proc_scene *scene, size_t i, unsigned depth);

static char *child_text(const struct proc_scene *scene, size_t parent, unsigned depth)
{
    const struct proc_look *looks = scene->looks;
    char *what, *text;
    size_t i = 0;

    while (i < scene->count && (looks[i].parent != looks[parent].pid || looks[i].state == 'Z'))
        i++;
    if (i == scene->count)
        return xstrdup("waiting for a child");
    what = depth < DEPTH_TOLD ? one_text(scene, i, depth + 1) : xstrdup("sleeping");
    if (strcmp(what, "sleeping") == 0)
        text = xasprintf("waiting for a child (%s)", looks[i].name);
    else
        text = xasprintf("waiting for a child (%s), which is %s", looks[i].name, what);
    free(what);
    return text;
}

static char *inside_text(const struct proc_scene *scene, size_t i)
{
    const struct proc_look *look = &scene->looks[i];
    char *what = xasprintf("inside the kernel (%s): it cannot be interrupted",
                           look->wait_channel[0] != '\0' ? look->wait_channel : "disk or network");
    char *text = blocked_text(scene, i, what);

    free(what);
    return text;
}

static char *sleeping_text(const struct proc_scene *scene, size_t i, unsigned depth)
{
    const struct proc_look *look = &scene->looks[i];
    char *what, *text;

    if (!look->in_call || proc_call_wait(look->call) == PROC_WAIT_SLEEP)
        return xstrdup("sleeping");
    if (proc_call_wait(look->call) == PROC_WAIT_CHILD)
        return child_text(scene, i, depth);
    what = waiting_text(look);
    text = blocked_text(scene, i, what);
    free(what);
    return text;
}

static char *one_text(const struct proc_scene *scene, size_t i, unsigned depth)
{
    switch (scene->looks[i].state) {
    case 'T':
        return xstrdup("stopped by SIGSTOP");
    case 't':
        return xstrdup("stopped by a debugger");
    case 'D':
        return inside_text(scene, i);
    case 'R':
        return xstrdup("running");
    case 'Z':
    case 'X':
        return xasprintf("ended; %zu processes of it are left", scene->count - 1);
    default:
        return sleeping_text(scene, i, depth);
    }
}

/* NULL if it is not. */
static char *busy_text(const struct proc_scene *scene)
{
    const struct proc_past *rows = scene->history->rows;
    int64_t since = 0;
    double percent = 0;
    char *length, *text;

    for (size_t i = 0; i < scene->count; i++) {
        percent += rows[i].percent;
        if (rows[i].busy_since_ms != 0 && (since == 0 || rows[i].busy_since_ms < since))
            since = rows[i].busy_since_ms;
    }
    if (percent < BUSY_PERCENT && since == 0)
        return NULL;
    if (since == 0)
        return xasprintf("busy: %.0f %% CPU", percent);
    length = duration(scene->now_ms - since);
    text = xasprintf("busy: %.0f %% CPU for %s", percent, length);
    free(length);
    return text;
}

char *proc_summary(const struct proc_scene *scene)
{
    size_t worker = 0;
    char *busy;

    if (scene->count == 0)
        return xstrdup("none of its processes can be seen");
    if (scene->paused)
        return xstrdup("paused");
    for (size_t i = 0; i < scene->count; i++)
        if (scene->looks[i].pid == scene->worker)
            worker = i;
    busy = scene->looks[worker].state != 'T' ? busy_text(scene) : NULL;
    return busy != NULL ? busy : one_text(scene, worker, 0);
}
