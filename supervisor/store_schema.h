/* SPDX-License-Identifier: MIT */
/* Is the database's schema the one this program was written for? The numbered steps of sql/ are
 * applied where it is older, by one supervisor at a time. */
#ifndef SUPERVISOR_STORE_SCHEMA_H
#define SUPERVISOR_STORE_SCHEMA_H

#include "supervisor/store_conn.h"

enum store_schema {
    STORE_SCHEMA_READY,
    STORE_SCHEMA_OLDER, /* steps are missing; readers wait for the writer to apply them */
    STORE_SCHEMA_NEWER, /* made by a newer program: hands off. The reason is in store_conn_why(). */
    STORE_SCHEMA_ERROR  /* see store_conn_failure() */
};

/* Compares versions on an open connection. */
enum store_schema store_schema_check(struct store_conn *conn);
/* Applies the missing steps on a connection of its own, under a lock. An error is noted on `conn`.
 */
bool store_schema_apply(struct store_conn *conn);

#endif
