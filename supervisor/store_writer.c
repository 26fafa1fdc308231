/* SPDX-License-Identifier: MIT */
/* The one thread that changes rows. It takes what has queued up, up to GROUP_MAX calls, and commits
 * them together.
 *
 * A COMMIT that is not answered is never repeated. Each transaction writes its nonce into the
 * supervisor's row of `node`; on the next connection that row, read under its lock (so after the
 * old transaction has ended one way or the other), tells whether the transaction was committed. If
 * not, its calls run again from the start. */
#include "supervisor/store_core.h"

#include "common/log.h"
#include "supervisor/store_clock.h"
#include "supervisor/store_sql.h"
#include <mysql.h>
#include <string.h>

#define GROUP_MAX 64
#define RETRIES_MAX 5
#define RETRY_PAUSE_MS 20
#define WAIT_PAUSE_MS 500

struct writer {
    struct store_link *link;
    struct store_op_list group; /* taken and not yet answered */
    unsigned
        alone; /* this many calls are run one by one, because one of them was refused in a group */
    char doubt[NONCE_SIZE]; /* the transaction whose COMMIT was not answered; "" if there is none */
};

static size_t group_size(const struct writer *writer)
{
    size_t size = 0;
    const struct store_op *op;
    TAILQ_FOREACH(op, &writer->group, link)
    {
        size++;
    }
    return size;
}

static void drop_abandoned(struct writer *writer)
{
    struct store *store = writer->link->store;
    struct store_op *op = TAILQ_FIRST(&writer->group);
    while (op != NULL) {
        struct store_op *next = TAILQ_NEXT(op, link);
        if (store_queue_is_abandoned(store, op)) {
            TAILQ_REMOVE(&writer->group, op, link);
            store_queue_done(store, op, STORE_UNCERTAIN);
        }
        op = next;
    }
}

static void answer_group(struct writer *writer)
{
    while (!TAILQ_EMPTY(&writer->group)) {
        struct store_op *op = TAILQ_FIRST(&writer->group);
        TAILQ_REMOVE(&writer->group, op, link);
        store_queue_done(writer->link->store, op, op->result);
    }
}

static bool run_group(struct writer *writer)
{
    struct store_conn *conn = writer->link->conn;
    char nonce[NONCE_SIZE];
    nonce_new(nonce);
    store_conn_forgive(conn);
    store_conn_renew(conn);
    store_conn_set_nonce(conn, nonce);
    if (!store_clock_follow(conn)) {
        return false;
    }
    struct store_op *op;
    TAILQ_FOREACH(op, &writer->group, link)
    {
        if (!store_op_run(op, conn)) {
            return false;
        }
    }
    return true;
}

static bool write_nonce(struct store_conn *conn)
{
    struct sql *sql = sql_begin(
        conn, "UPDATE node SET commit_nonce = ?, seen_at = UTC_TIMESTAMP(6) WHERE incarnation = ?");
    sql_text(sql, store_conn_nonce(conn));
    sql_text(sql, store_conn_config(conn)->incarnation);
    bool ok = sql_run(sql);
    if (ok && sql_affected(sql) != 1) {
        store_conn_fail(conn, STORE_FAILURE_LOST, "this supervisor's row in node is gone");
        ok = false;
    }
    sql_end(sql);
    return ok;
}

static bool commit_group(struct writer *writer)
{
    struct store_conn *conn = writer->link->conn;
    bool changed = store_conn_has_changed(conn);
    if (changed && !write_nonce(conn)) {
        return false;
    }
    if (store_conn_command(conn, "COMMIT")) {
        store_conn_forget_jump(conn);
        writer->link->failures = 0;
        return true;
    }
    enum store_failure failure = store_conn_failure(conn);
    if (changed && failure != STORE_FAILURE_RETRY && failure != STORE_FAILURE_WAIT) {
        memcpy(writer->doubt, store_conn_nonce(conn), sizeof writer->doubt);
    }
    return false;
}

/* After an error nothing of the transaction may stay open: a later COMMIT would commit its first
 * half. */
static void roll_back(struct store_conn *conn)
{
    enum store_failure failure = store_conn_failure(conn);
    if (failure == STORE_FAILURE_LOST || failure == STORE_FAILURE_WAIT) {
        return; /* the connection is going to be closed */
    }
    store_conn_forgive(conn);
    store_conn_command(conn, "ROLLBACK");
}

static void refuse(struct writer *writer, const char *why)
{
    size_t size = group_size(writer);
    struct store_op *op = TAILQ_FIRST(&writer->group);
    if (size == 1) {
        log_error("database: %s refused: %s", op->kind->name, why);
        op->result = STORE_INVALID;
        answer_group(writer);
        return;
    }
    writer->alone += (unsigned)size;
    store_queue_give_back(writer->link, &writer->group);
}

/* The connection stays; this transaction cannot get through at present. */
static void postpone(struct writer *writer)
{
    size_t size = group_size(writer);
    if (size > 1) {
        writer->alone += (unsigned)size;
    } else {
        store_queue_fail_impatient(writer->link->store, &writer->group);
        store_link_sleep(writer->link, WAIT_PAUSE_MS);
    }
    store_queue_give_back(writer->link, &writer->group);
}

static void give_up_connection(struct writer *writer)
{
    bool refused = store_conn_failure(writer->link->conn) == STORE_FAILURE_WAIT;
    store_link_down(writer->link);
    if (writer->doubt[0] != '\0') {
        return; /* the group stays: what became of it is asked on the next connection */
    }
    if (refused) {
        store_queue_fail_impatient(writer->link->store, &writer->group);
    }
    store_queue_give_back(writer->link, &writer->group);
}

static void process_group(struct writer *writer)
{
    struct store_conn *conn = writer->link->conn;
    for (unsigned tries = 0; tries < RETRIES_MAX; tries++) {
        drop_abandoned(writer);
        if (run_group(writer) && commit_group(writer)) {
            answer_group(writer);
            return;
        }
        enum store_failure failure = store_conn_failure(conn);
        char why[STORE_WHY_SIZE];
        strncpy(why, store_conn_why(conn), sizeof why - 1);
        why[sizeof why - 1] = '\0';
        roll_back(conn);
        if (store_conn_failure(conn) != STORE_FAILURE_NONE) {
            give_up_connection(writer);
            return;
        }
        if (failure == STORE_FAILURE_REFUSED) {
            refuse(writer, why);
            return;
        }
        store_link_sleep(writer->link, RETRY_PAUSE_MS << tries);
    }
    postpone(writer);
}

/* Was the doubtful transaction committed? Waits for the row's lock, which the old transaction holds
 * to its end. */
static bool settle_doubt(struct writer *writer)
{
    struct store_conn *conn = writer->link->conn;
    store_conn_forgive(conn);
    struct sql *sql =
        sql_begin(conn, "SELECT commit_nonce FROM node WHERE incarnation = ? FOR UPDATE");
    sql_text(sql, store_conn_config(conn)->incarnation);
    bool ok = sql_run(sql);
    bool found = ok && sql_next(sql);
    const char *nonce = found ? sql_get_text(sql, 0) : NULL;
    bool committed = nonce != NULL && strcmp(nonce, writer->doubt) == 0;
    sql_end(sql);
    enum store_failure failure = store_conn_failure(conn);
    roll_back(conn);
    if (!ok || store_conn_failure(conn) != STORE_FAILURE_NONE) {
        if (failure != STORE_FAILURE_RETRY) {
            store_link_down(writer->link);
        }
        return false;
    }
    log_info("database: the transaction without an answer was %s",
             committed ? "committed" : "not committed");
    writer->doubt[0] = '\0';
    if (committed) {
        answer_group(writer);
    } else {
        store_queue_give_back(writer->link, &writer->group);
    }
    return true;
}

static void leave(struct writer *writer)
{
    while (!TAILQ_EMPTY(&writer->group)) {
        struct store_op *op = TAILQ_FIRST(&writer->group);
        TAILQ_REMOVE(&writer->group, op, link);
        store_queue_done(writer->link->store, op, STORE_UNCERTAIN);
    }
    store_conn_close(writer->link->conn);
    mysql_thread_end();
}

void *store_writer_main(void *link)
{
    struct writer writer = {.link = link, .group = TAILQ_HEAD_INITIALIZER(writer.group)};
    mysql_thread_init();
    while (store_link_up(link)) {
        if (writer.doubt[0] != '\0' && !settle_doubt(&writer)) {
            continue;
        }
        size_t most = writer.alone > 0 ? 1 : GROUP_MAX;
        if (!store_queue_take(link, &writer.group, most)) {
            break;
        }
        writer.alone -= writer.alone > 0;
        process_group(&writer);
    }
    leave(&writer);
    return NULL;
}
