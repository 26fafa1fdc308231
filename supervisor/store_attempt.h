/* SPDX-License-Identifier: MIT */
/* Rows of `attempt`: one for each execution of a task that is over; what there is to say of one
 * that runs is in the task's row. Writer thread only; false: the connection has an error. */
#ifndef SUPERVISOR_STORE_ATTEMPT_H
#define SUPERVISOR_STORE_ATTEMPT_H

#include "supervisor/store.h"

struct store_conn;

/* How attempts (1-64) ended. */
bool store_attempt_end(struct store_conn *conn, const struct store_finish *const finishes[],
                       size_t count);

#endif
