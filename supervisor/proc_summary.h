/* SPDX-License-Identifier: MIT */
/* What looks at processes one after the other say together: how busy each was since the last one,
 * since when it has not moved, and what it comes to for all of them. Pure: no clock, no I/O. */
#ifndef SUPERVISOR_PROC_SUMMARY_H
#define SUPERVISOR_PROC_SUMMARY_H

#include "supervisor/proc_look.h"
#include <stddef.h>

#define PROC_SUMMARY_MAX 256 /* processes */
#define PROC_STEPS_MAX 6     /* from the worker down to the child that all wait for */

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

enum proc_doing {
    PROC_DOING_UNSEEN, /* none of its processes can be seen */
    PROC_DOING_PAUSED,
    PROC_DOING_BUSY, /* all of them together */
    PROC_DOING_RUNNING,
    PROC_DOING_SLEEPING,
    PROC_DOING_STOPPED, /* by SIGSTOP */
    PROC_DOING_TRACED,  /* stopped by a debugger */
    PROC_DOING_ENDED,   /* others of the attempt are left */
    PROC_DOING_CHILD,   /* waits for a child: the next step, if it can be seen */
    /* It is blocked in a system call, from here on. */
    PROC_DOING_KERNEL, /* and cannot be interrupted */
    PROC_DOING_READ,
    PROC_DOING_WRITE,
    PROC_DOING_READY, /* until one of several descriptors is ready */
    PROC_DOING_LOCK,  /* of another thread or process */
    PROC_DOING_FILE_LOCK,
    PROC_DOING_CONNECT, /* to a server */
    PROC_DOING_ACCEPT,  /* for a client */
    PROC_DOING_DISK,
    PROC_DOING_OPEN, /* of a file */
    PROC_DOING_SIGNAL,
    PROC_DOING_AGAIN, /* in a wait that a pause had interrupted */
    PROC_DOING_CALL   /* another one */
};

/* The word for programs. */
const char *proc_doing_code(enum proc_doing doing);

static inline bool proc_doing_blocks(enum proc_doing doing)
{
    return doing >= PROC_DOING_KERNEL;
}

struct proc_step {
    enum proc_doing doing;
    const struct proc_look *look; /* of the scene; NULL: it is about the attempt */
    int64_t for_ms;               /* how long it has been blocked or busy; 0: not known */
    int64_t silent_ms; /* since the last message, if how long it has been blocked is not known and
                          this is long enough to be worth a word; else 0 */
    double percent;    /* of a processor, if it is busy */
};

struct proc_summary {
    size_t processes;
    size_t count;                           /* of the steps, at least 1 */
    struct proc_step steps[PROC_STEPS_MAX]; /* the worker, the child it waits for, and so on */
};

void proc_summary(const struct proc_scene *scene, struct proc_summary *summary);

#endif
