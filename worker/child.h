/* SPDX-License-Identifier: MIT */
/* What a clone does first: turns a copy of the template into the worker of one attempt. */
#ifndef WORKER_CHILD_H
#define WORKER_CHILD_H

#include "worker/types.h"

struct child_job {
    const struct worker_type *type;
    const struct order_spawn *spawn;
    int fds[ORDER_SPAWN_FDS]; /* stdin, stdout, stderr, messages; all above 3 */
    int cgroup;               /* the directory of its cgroup, -1: none */
    bool outside;             /* not born in it: has to enter */
    char **environment;       /* from child_environment() */
    pid_t supervisor;         /* must be the parent */
    char *mark_memory;        /* where the template's TASKYARD_MARK value lies */
    bool reset_oom;           /* the template's oom_score_adj is not 0 */
};

/* Never returns. A step that fails is told as a start_error and ends the clone with
 * WORKER_EXIT_SETUP. */
_Noreturn void child_run(const struct child_job *job);

/* The environment of a worker, made from nothing: defaults, then the type's own, then TASKYARD_*.
 * Made before the clone, whose every first touch of memory costs a page fault. Fresh memory. */
char **child_environment(const struct worker_type *type, const struct order_spawn *spawn);
void child_environment_free(char **environment);

#endif
