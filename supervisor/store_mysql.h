/* SPDX-License-Identifier: MIT */
/* The client library and the inside of a connection; included by store_conn.c, store_session.c and
 * store_sql.c alone. */
#ifndef SUPERVISOR_STORE_MYSQL_H
#define SUPERVISOR_STORE_MYSQL_H

#include "supervisor/store_conn.h"
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>

#ifndef HAVE_MY_BOOL
typedef bool my_bool; /* MySQL 8 has no type of its own for it any more */
#endif

struct sql_cache;

struct store_conn {
    const struct store_config *config;
    enum store_conn_role role;
    MYSQL *mysql; /* NULL when closed */
    struct sql_cache *statements;
    size_t packet_max; /* bytes the server takes in one statement */
    bool is_mariadb;
    unsigned error;
    enum store_failure failure;
    char why[256];
    int64_t now_us;         /* 0: not known in this transaction yet */
    int64_t clock_us;       /* what the database's clock said last, 0: nothing yet */
    int64_t clock_heard_us; /* our clock then */
    int64_t clock_asked_us; /* and when it was asked */
    int64_t jump_us;        /* by how much it has been set and nobody has followed */
    int64_t jump_since_us;  /* its last reading before that, in the time that it shows now */
    int64_t told_us;        /* the time told last: it does not go back by itself */
    bool changed;
    char nonce[NONCE_SIZE];
    struct store_claim_place claim_place;
    _Atomic int64_t busy_since_ms; /* monotonic; 0: no call under way */
    pthread_mutex_t fd_lock;
    int fd; /* under fd_lock: the socket, -1 when closed */
};

/* Around every call that may wait for the server. */
void store_conn_call(struct store_conn *conn);
void store_conn_return(struct store_conn *conn);
/* Keeps the error if it is the first; always returns false. */
bool store_conn_set_error(struct store_conn *conn, unsigned code, const char *text);

/* Connected, session not set up. On failure the error is noted and NULL returned. */
MYSQL *store_session_connect(struct store_conn *conn);
/* Isolation, time zone, SQL mode, time limits: ours, whatever the server's defaults are. */
bool store_session_set_up(struct store_conn *conn);

struct sql_cache *sql_cache_new(void);
void sql_cache_free(
    struct sql_cache *cache); /* closes the statements; before the connection is closed */

#endif
