/* SPDX-License-Identifier: MIT */
/* What looks at processes one after the other say together: how busy each was since the last one,
 * since when it has not moved, and one sentence about all of them. Pure: no clock, no I/O. */
#ifndef SUPERVISOR_PROC_SUMMARY_H
#define SUPERVISOR_PROC_SUMMARY_H

#include "supervisor/proc_look.h"
#include <stddef.h>

#define PROC_SUMMARY_MAX 256 /* processes */

/* One process as it was when somebody looked. */
struct proc_past {
    pid_t pid;
    unsigned long long start_ticks;
    int64_t at_ms; /* monotonic */
    int64_t cpu_ms;
    uint64_t switches, voluntary;
    double percent;         /* of a processor, since the look before, or since it began */
    int64_t still_since_ms; /* it has not run since then; 0: not known */
    int64_t busy_since_ms;  /* it has been busy since then; 0: it is not */
};

struct proc_history {
    size_t count;
    struct proc_past rows[PROC_SUMMARY_MAX]; /* in the order of the looks */
};

/* Replaces the history by that of these looks, at most PROC_SUMMARY_MAX. */
void proc_history_add(struct proc_history *history, const struct proc_look *looks, size_t count,
                      int64_t now_ms);

/* Puts every process right behind its parent, or a brother's descendants, and tells how deep it
 * lies. */
void proc_summary_sort(struct proc_look *looks, unsigned *depths, size_t count);

struct proc_scene {
    const struct proc_look *looks;
    const struct proc_history *history; /* of these looks */
    size_t count;
    pid_t worker;
    bool paused;
    int64_t now_ms;
    int64_t silent_ms; /* since the last message */
};

/* One sentence without a full stop, like "blocked 412 s reading from a pipe"; caller frees. */
char *proc_summary(const struct proc_scene *scene);

#endif
