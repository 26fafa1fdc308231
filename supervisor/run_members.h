/* SPDX-License-Identifier: MIT */
/* Which processes an attempt consists of at this moment: those in its cgroup or, where it has none,
 * its worker with all that descends from it and what of it has been left to us. Loop thread only.
 */
#ifndef SUPERVISOR_RUN_MEMBERS_H
#define SUPERVISOR_RUN_MEMBERS_H

#include "common/proc_scan.h"
#include <stdbool.h>
#include <stddef.h>

struct run;

/* More are not looked at: a fork bomb must not hold up the loop. */
#define RUN_MEMBERS_MAX 1024

struct run_members {
    struct proc_scan_stat *rows; /* parents before their children; zombies too */
    size_t count;
    bool cut; /* there are more */
};

/* To be freed with run_members_free(), also if there are none. */
void run_members_read(struct run *run, struct run_members *members);
void run_members_free(struct run_members *members);

/* Those that are no zombies. */
unsigned run_members_living(const struct run_members *members);

/* Signals each of them that is still the process it was when it was looked at. */
void run_members_signal(const struct run_members *members, int signal);

#endif
