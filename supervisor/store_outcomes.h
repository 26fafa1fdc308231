/* SPDX-License-Identifier: MIT */
/* How everybody's tasks ended, in slices of ten minutes over a day. A slice that is over hardly
 * changes, so it is counted once and remembered; retries and deletions are noticed when its turn to
 * be counted again comes. Each reading counts a bounded number of rows, so after a start a long
 * day is filled from its end by several of them. Any database thread. */
#ifndef SUPERVISOR_STORE_OUTCOMES_H
#define SUPERVISOR_STORE_OUTCOMES_H

#include "supervisor/store_overview.h"

struct store_conn;
struct store_outcomes;

struct store_outcomes *store_outcomes_new(void);
/* NULL is fine. */
void store_outcomes_free(struct store_outcomes *outcomes);

/* Fills in hours, counted_from_us and the types' ends, for overview->hours[].from_us as they are.
 * While another thread counts, what is known already is the answer. False: the connection has an
 * error. */
bool store_outcomes_read(struct store_outcomes *outcomes, struct store_conn *conn,
                         struct store_overview *overview);

/* Adds to one type of an overview; those beyond the limit are left out. */
void store_overview_add(struct store_overview *overview, const char *type, enum task_status status,
                        uint64_t count);

#endif
