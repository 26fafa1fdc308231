/* SPDX-License-Identifier: MIT */
/* Decides when the store is asked for the next cycle: store what ended, claim what fits. Only
 * scheduler_tick() acts; everybody else wakes it. Loop thread only. */
#ifndef SUPERVISOR_SCHEDULER_H
#define SUPERVISOR_SCHEDULER_H

#include <stdbool.h>

#define SCHEDULER_LIMIT_DEFAULT 10
#define SCHEDULER_LIMIT_MAX 10000

struct app;
struct run;
struct scheduler;

struct scheduler *scheduler_new(struct app *app);
void scheduler_free(struct scheduler *scheduler);

/* Claims may begin: what an earlier incarnation left is settled. */
void scheduler_enable(struct scheduler *scheduler);
bool scheduler_is_enabled(const struct scheduler *scheduler);
/* No more claims; ends are still stored. */
void scheduler_stop_claiming(struct scheduler *scheduler);

/* There may be something to claim: look at the next turn of the loop. */
void scheduler_wake(struct scheduler *scheduler);

/* The caller has just asked the store for a creation: if a slot is free, asks for a claim right
 * behind it, so that both are committed together. */
void scheduler_claim_behind(struct scheduler *scheduler);

/* An attempt ended: its slot is free, its end waits to be stored. The scheduler owns the run from
 * here. */
void scheduler_ended(struct run *run);

/* The largest number of attempts at the same time; takes effect at once, never ends a running one.
 */
void scheduler_set_limit(struct scheduler *scheduler, unsigned limit);
unsigned scheduler_limit(const struct scheduler *scheduler);

/* True if no end waits to be stored. */
bool scheduler_is_idle(const struct scheduler *scheduler);

#endif
