/* SPDX-License-Identifier: MIT */
/* The set of runs, and the ways to find one. */
#ifndef SUPERVISOR_RUNS_H
#define SUPERVISOR_RUNS_H

#include "supervisor/run.h"

struct runs;

struct runs *runs_new(void);
void runs_free(struct runs *runs); /* must be empty */

/* Gives the run its number. */
void runs_add(struct runs *runs, struct run *run);
/* The number given last; 0 before the first. */
uint64_t runs_last_number(const struct runs *runs);
/* For an upgrade: numbers go on after this one. */
void runs_set_last_number(struct runs *runs, uint64_t number);
/* The same as runs_add() for a run that has its number from the program before us. */
void runs_take_over(struct runs *runs, struct run *run);
void runs_remove(struct runs *runs, struct run *run);
/* Makes runs_by_pid() find it. */
void runs_set_pid(struct runs *runs, struct run *run, pid_t pid);
/* The pid is reaped and may be somebody else's from now on. */
void runs_clear_pid(struct runs *runs, struct run *run);

/* NULL if there is none. */
struct run *runs_by_task(const struct runs *runs, const char *task_id);
struct run *runs_by_pid(const struct runs *runs, pid_t pid);
struct run *runs_by_number(const struct runs *runs, uint64_t number);

/* Any of them, NULL if there is none. */
struct run *runs_any(const struct runs *runs);

/* Those that are not RUN_ENDED: they hold a slot. */
size_t runs_live(const struct runs *runs);
size_t runs_count(const struct runs *runs);
/* To be called once when a run enters RUN_ENDED. */
void runs_note_ended(struct runs *runs);

/* To be called once when a run enters RUN_CLEARING, and once when it leaves it. */
void runs_note_clearing(struct runs *runs, struct run *run);
void runs_note_cleared(struct runs *runs, struct run *run);
TAILQ_HEAD(run_list, run);
/* Those between; linked by clearing_link. */
const struct run_list *runs_clearing(const struct runs *runs);

/* Calls `visit` for each run; it may not add or remove runs. */
void runs_each(const struct runs *runs, void (*visit)(struct run *run, void *arg), void *arg);

#endif
