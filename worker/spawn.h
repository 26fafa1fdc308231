/* SPDX-License-Identifier: MIT */
/* The one place where the template makes a process. */
#ifndef WORKER_SPAWN_H
#define WORKER_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

/* Like fork(2), but the new process is a child of our parent (CLONE_PARENT), which gets SIGCHLD and
 * reaps it. Only for a process with one thread. Returns 0 in the clone, its pid in the caller, -1
 * with errno set. The clone is born in the cgroup whose directory is open as `cgroup` (-1: in
 * ours); where the system cannot do that, *outside is true and the clone has to enter it by itself.
 */
pid_t spawn_sibling(int cgroup, bool *outside);

#endif
