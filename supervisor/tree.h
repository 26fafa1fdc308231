/* SPDX-License-Identifier: MIT */
/* The process tree of an attempt, beyond the worker itself. The supervisor is a child subreaper
 * (prctl(2)), so whatever outlives its parent becomes a direct child of ours: an attempt's tree is
 * empty when its worker is reaped, none of our other children carries its mark and, where attempts
 * are contained by cgroup (supervisor/cgroup.h), the kernel says that its leaf is empty. Loop
 * thread only. */
#ifndef SUPERVISOR_TREE_H
#define SUPERVISOR_TREE_H

#include <sys/types.h>

struct app;
struct run;

/* To be called after each round of reaping: kills what ended attempts left behind and tells
 * run_tree_empty() for each run in RUN_CLEARING that has no process left. */
void tree_check(struct app *app);

/* Tells the living processes of a run that have lost their parents, and so are children of ours. */
void tree_each_stray(struct run *run, void (*each)(void *arg, pid_t pid), void *arg);

/* The same for every child that belongs to no live run, for use when the template died and once a
 * second. */
void tree_kill_strays(struct app *app);

/* SIGKILL to every process that carries the mark of an earlier incarnation of this supervisor
 * (before the first claim). */
void tree_sweep_incarnation(const char *mark_prefix);

#endif
