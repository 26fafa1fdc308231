/* SPDX-License-Identifier: MIT */
/* Rows of `attempt`: one for each execution of a task, never overwritten by the next. Writer thread
 * only; false: the connection has an error. */
#ifndef SUPERVISOR_STORE_ATTEMPT_H
#define SUPERVISOR_STORE_ATTEMPT_H

#include "supervisor/store.h"

struct store_conn;

/* For tasks just claimed: `attempt` is the number of the one that begins. */
bool store_attempt_begin(struct store_conn *conn, const struct task tasks[], size_t count);
/* Fills in how attempts (1-64) ended. */
bool store_attempt_end(struct store_conn *conn, const struct store_finish *const finishes[],
                       size_t count);
/* An attempt that did not happen. */
bool store_attempt_remove(struct store_conn *conn, const struct store_finish *finish);

#endif
