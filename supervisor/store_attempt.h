/* SPDX-License-Identifier: MIT */
/* Rows of `attempt`: one for each execution of a task that is over; what there is to say of one
 * that runs is in the task's row. Writer thread only; false: the connection has an error. */
#ifndef SUPERVISOR_STORE_ATTEMPT_H
#define SUPERVISOR_STORE_ATTEMPT_H

#include "supervisor/store.h"

struct store_conn;

/* When it ended: not before its start, to whatever the database's clock was set meanwhile. */
int64_t store_finish_time(const struct store_finish *finish, int64_t now);

/* How attempts (1-64) ended. */
bool store_attempt_end(struct store_conn *conn, const struct store_finish *const finishes[],
                       size_t count);

#endif
