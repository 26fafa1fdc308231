/* SPDX-License-Identifier: MIT */
/* Live progress: in memory at once, told to watchers a few times a second, written to the store at
 * most twice a second for each task, all tasks in one batch. Loop thread only. */
#ifndef SUPERVISOR_PROGRESS_H
#define SUPERVISOR_PROGRESS_H

struct app;
struct run;

void progress_start(struct app *app);
void progress_stop(void);
/* run->task.progress or its text has changed. */
void progress_changed(struct run *run);

#endif
