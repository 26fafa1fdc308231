/* SPDX-License-Identifier: MIT */
/* What happens when the clock of the database is set. */
#ifndef SUPERVISOR_STORE_CLOCK_H
#define SUPERVISOR_STORE_CLOCK_H

#include "supervisor/store_conn.h"

/* To be called first in a transaction of the writer: moves the times for which tasks wait along
 * with a clock that was set. store_conn_forget_jump() is due once that is committed. */
bool store_clock_follow(struct store_conn *conn);

#endif
