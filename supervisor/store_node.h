/* SPDX-License-Identifier: MIT */
/* Inside the store: the supervisor's row in `node`. */
#ifndef SUPERVISOR_STORE_NODE_H
#define SUPERVISOR_STORE_NODE_H

#include "supervisor/store_conn.h"

/* For the writer, which names itself there: the row tells how a doubtful COMMIT ended. It also
 * proves that the database takes writes, so that a read-only one does not count as ready. */
bool store_node_register(struct store_conn *conn);

#endif
