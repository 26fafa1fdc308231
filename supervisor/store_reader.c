/* SPDX-License-Identifier: MIT */
/* A thread that serves reads, one at a time, each a transaction of its own. A read can always be
 * run again. */
#include "supervisor/store_core.h"

#include "common/log.h"
#include <mysql.h>
#include <string.h>

#define RETRIES_MAX 5
#define RETRY_PAUSE_MS 20

/* True: answered. False: run it again, here or on another connection. */
static bool settle(struct store_link *link, struct store_op *op)
{
    struct store_conn *conn = link->conn;
    switch (store_conn_failure(conn)) {
    case STORE_FAILURE_REFUSED:
        log_error("database: %s refused: %s", op->kind->name, store_conn_why(conn));
        store_queue_done(link->store, op, STORE_INVALID);
        return true;
    case STORE_FAILURE_TIMEOUT:
        log_warn("database: %s took too long", op->kind->name);
        store_queue_done(link->store, op, STORE_UNAVAILABLE);
        return true;
    default:
        return false;
    }
}

static void serve(struct store_link *link, struct store_op_list *ops)
{
    struct store_conn *conn = link->conn;
    struct store_op *op = TAILQ_FIRST(ops);
    for (unsigned tries = 0; tries < RETRIES_MAX; tries++) {
        store_conn_forgive(conn);
        store_conn_renew(conn);
        bool ok = store_op_run(op, conn);
        if (ok || store_conn_failure(conn) != STORE_FAILURE_RETRY) {
            TAILQ_REMOVE(ops, op, link);
            if (ok) {
                store_queue_done(link->store, op, op->result);
            } else if (!settle(link, op)) {
                TAILQ_INSERT_TAIL(ops, op, link);
                store_link_down(link);
                store_queue_give_back(link, ops);
            }
            return;
        }
        store_link_sleep(link, RETRY_PAUSE_MS << tries);
    }
    store_queue_give_back(link, ops);
}

void *store_reader_main(void *arg)
{
    struct store_link *link = arg;
    struct store_op_list ops = TAILQ_HEAD_INITIALIZER(ops);
    mysql_thread_init();
    while (store_link_up(link) && store_queue_take(link, &ops, 1)) {
        serve(link, &ops);
    }
    store_conn_close(link->conn);
    mysql_thread_end();
    return NULL;
}
