/* SPDX-License-Identifier: MIT */
/* The only writer of task.status (but for the INSERT that creates a task as pending). Each move
 * asks task_may_move() and is guarded by the status it starts from, and by attempt and incarnation
 * where it starts from running. Writer thread only. */
#ifndef SUPERVISOR_STORE_STATUS_H
#define SUPERVISOR_STORE_STATUS_H

#include "supervisor/store.h"

struct store_conn;

/* pending -> running for rows locked by the caller; lease_until counts from the database's present
 * time. */
bool store_status_claim(struct store_conn *conn, const uint64_t *row_ids, size_t count);

/* running -> finish->status. *moved is false if the attempt is no longer the one that runs. */
bool store_status_finish(struct store_conn *conn, const struct store_finish *finish, bool *moved);
/* True for the common end of a task: final, without artifact or counters, under this incarnation.
 */
bool store_status_is_plain(const struct store_conn *conn, const struct store_finish *finish);
/* The same for 1-64 different plain ones in one statement; measured at batches of ten it is what
 * makes the difference. */
bool store_status_finish_plain(struct store_conn *conn, const struct store_finish *const finishes[],
                               size_t count, bool moved[]);

/* pending -> cancelled, or failed, cancelled -> pending; changes `task` likewise. `error` becomes
 * the task's, NULL: none. *moved is false if it is not in task->status any more (it is, when its
 * row is locked). */
bool store_status_change(struct store_conn *conn, struct task *task, enum task_status to,
                         const char *error, bool *moved);

#endif
