/* SPDX-License-Identifier: MIT */
/* Settles what an earlier incarnation left running, before the first claim. Loop thread only. */
#ifndef SUPERVISOR_SETTLE_H
#define SUPERVISOR_SETTLE_H

struct app;

/* Reads the rows, decides each by the outcome table, stores the ends, then enables the scheduler.
 * Starts over by itself if the database fails in between. */
void settle_start(struct app *app);

#endif
