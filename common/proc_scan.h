/* SPDX-License-Identifier: MIT */
/* Looks at the processes of this machine through proc(5), and signals one of them without ever
 * hitting a stranger. A process that ends meanwhile is no error, it is only not there. Keeps no
 * state; any thread. */
#ifndef COMMON_PROC_SCAN_H
#define COMMON_PROC_SCAN_H

#include "common/order.h"
#include <stdbool.h>
#include <sys/types.h>

struct proc_scan_stat {
    pid_t pid;
    pid_t parent;
    pid_t group;
    pid_t session;
    char state; /* R S D T t Z X I, as in proc(5) */
    unsigned long long
        start_ticks; /* since boot; (pid, start_ticks) names one process and never another */
};

/* Calls `each` with every process id, in no particular order, until it returns false. False with
 * errno set if /proc cannot be read. */
typedef bool (*proc_scan_fn)(void *arg, pid_t pid);
bool proc_scan_each(proc_scan_fn each, void *arg);

/* False if there is no such process. Zombies are processes too (state Z). */
bool proc_scan_stat(pid_t pid, struct proc_scan_stat *stat);

/* The mark of a process (order.h). False if it carries none, is gone, or its environment may not be
 * read by us. */
bool proc_scan_mark(pid_t pid, char mark[ORDER_MARK_LENGTH + 1]);

/* The mark of any shape in a block of environment as /proc/PID/environ has it: exported for the
 * tests. */
bool proc_scan_find_mark(const char *block, size_t size, char mark[ORDER_MARK_LENGTH + 1]);

/* Signals the process that has this pid and start time, through a pidfd: checked after it is open,
 * so the signal cannot reach a later process of the same number. False with errno set: ESRCH if it
 * is gone. */
bool proc_scan_signal(pid_t pid, unsigned long long start_ticks, int signal);

/* The path of its cgroup (version 2) as seen from our cgroup namespace: the line "0::PATH" of
 * /proc/PID/cgroup. False if it has none, is gone, or the path does not fit. */
bool proc_scan_cgroup(pid_t pid, char *path, size_t size);

/* Signals the process of this number if its cgroup's path contains `part`: looked at after the
 * pidfd is open, so the signal cannot reach a later process of the same number. */
bool proc_scan_signal_in_cgroup(pid_t pid, const char *part, int signal);

#endif
