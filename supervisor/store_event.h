/* SPDX-License-Identifier: MIT */
/* Rows of the audit trail, written in the same transaction as what they tell of. */
#ifndef SUPERVISOR_STORE_EVENT_H
#define SUPERVISOR_STORE_EVENT_H

#include "supervisor/store.h"

struct store_conn;

/* Writer thread. event->at_us 0: the database's present time. False: the connection has an error.
 */
bool store_event_add(struct store_conn *conn, const struct store_event *event);
/* The same for something that is not about a task; `names` and `values` (NULL values are left out)
 * become a JSON object. */
bool store_event_add_global(struct store_conn *conn, const char *kind,
                            const struct store_actor *who, const char *const names[],
                            const char *const values[], size_t count);

#endif
