/* SPDX-License-Identifier: MIT */
/* The only place that waits for processes. Loop thread only. */
#ifndef SUPERVISOR_REAPER_H
#define SUPERVISOR_REAPER_H

#include <stdbool.h>
#include <sys/types.h>

struct app;

/* Reaps every ended child and tells its owner: run, template, or nobody (strays). Called on SIGCHLD
 * and, in case a signal was lost, once a second. */
void reaper_reap(struct app *app);

/* A run learns its pid after its process has ended: true if the end is known already, and is then
 * told to the run. */
struct run;
bool reaper_claim_early(struct app *app, struct run *run);

#endif
