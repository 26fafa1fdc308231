/* SPDX-License-Identifier: MIT */
/* The only place that waits for processes. Loop thread only. */
#ifndef SUPERVISOR_REAPER_H
#define SUPERVISOR_REAPER_H

#include <stdbool.h>

struct app;
struct run;

/* Reaps every ended child and tells its owner: run, template, or nobody (strays). Called once a
 * second in case a signal was lost. */
void reaper_reap(struct app *app);
/* SIGCHLD came: the same, at once if anybody waits for it, else soon. */
void reaper_signalled(struct app *app);

/* The pid of a run has become known: its end is told as soon as it comes. True if it had come
 * already, and has been told. */
bool reaper_watch(struct run *run);
/* The run is about to be freed. */
void reaper_forget(struct run *run);

#endif
