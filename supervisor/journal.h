/* SPDX-License-Identifier: MIT */
/* The journal of systemd as the log, with fields to filter by: TASKYARD_TASK_ID, TASKYARD_TYPE,
 * TASKYARD_ATTEMPT, TASKYARD_WORKER_PID, TASKYARD_CREATOR. */
#ifndef SUPERVISOR_JOURNAL_H
#define SUPERVISOR_JOURNAL_H

/* Where stderr is the journal's (systemd.exec(5), JOURNAL_STREAM), messages go there with their
 * fields from now on; elsewhere lines on stderr go on. */
void journal_open(void);

#endif
