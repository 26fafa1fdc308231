/* SPDX-License-Identifier: MIT */
/* One connection to the database: connecting with all limits set, the session's settings, the last
 * error. A connection belongs to one database thread; only store_conn_abort() and
 * store_conn_busy_ms() may be called from another. */
#ifndef SUPERVISOR_STORE_CONN_H
#define SUPERVISOR_STORE_CONN_H

#include "supervisor/store.h"
#include "supervisor/store_error.h"

enum store_conn_role { STORE_CONN_WRITER, STORE_CONN_READER, STORE_CONN_SCHEMA };

struct store_conn;

/* `config` must outlive the connection. Nothing is opened yet. */
struct store_conn *store_conn_new(const struct store_config *config, enum store_conn_role role);
void store_conn_free(struct store_conn *conn);

/* Connects and sets up the session; blocks up to some seconds. Creates the database if there is
 * none. False: see store_conn_failure() and store_conn_why(); the connection is closed. */
bool store_conn_open(struct store_conn *conn);
void store_conn_close(struct store_conn *conn);
bool store_conn_is_open(const struct store_conn *conn);

/* Runs one fixed statement without parameters or rows. */
bool store_conn_command(struct store_conn *conn, const char *sql);

/* The first error since store_conn_forgive(). */
enum store_failure store_conn_failure(const struct store_conn *conn);
unsigned store_conn_error(const struct store_conn *conn);
const char *store_conn_why(const struct store_conn *conn);
void store_conn_forgive(struct store_conn *conn);
/* Notes an error that is not the database's own. */
void store_conn_fail(struct store_conn *conn, enum store_failure failure, const char *why);

/* The database's clock, the same throughout a transaction: microseconds since 1970. Read at most
 * once a second and carried on by our own between, which saves each transaction a question. */
bool store_conn_now(struct store_conn *conn, int64_t *us);
/* By how much that clock has been set, forward or back, since store_conn_forget_jump(): 0 if by
 * less than a second; known as of the last store_conn_now(). *since: when it was not yet set, told
 * in the time that it shows now. */
int64_t store_conn_clock_jump(const struct store_conn *conn, int64_t *since);
void store_conn_forget_jump(struct store_conn *conn);
/* True if a statement has changed something since store_conn_renew(). */
bool store_conn_has_changed(const struct store_conn *conn);
/* A transaction starts: forgets its time and its changes. */
void store_conn_renew(struct store_conn *conn);

/* What the transaction under way is called; "" outside one. */
const char *store_conn_nonce(const struct store_conn *conn);
void store_conn_set_nonce(struct store_conn *conn, const char *nonce);
const struct store_config *store_conn_config(const struct store_conn *conn);

/* Where the claim goes on in its index (store_cycle.c); zeroed when the connection is opened. */
struct store_claim_place {
    int64_t from_us;  /* due time of the last claimed task */
    uint64_t from_id; /* and its key: many tasks may be due at the same moment */
    int64_t full_us;  /* when the index was last looked at from its beginning */
};
struct store_claim_place *store_conn_claim_place(struct store_conn *conn);

/* Any thread: breaks the connection, so that a call that waits on it returns. */
void store_conn_abort(struct store_conn *conn);
/* Any thread: how long the present call has taken, 0 if there is none. */
int64_t store_conn_busy_ms(const struct store_conn *conn);

#endif
