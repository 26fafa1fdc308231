/* SPDX-License-Identifier: MIT */
/* An overview is a few walks along indices: everybody's by the claim's and by the one of ends, one
 * user's by those that begin with the creator. Each stops after a fixed number of rows. */
#include "supervisor/store_overview.h"

#include "supervisor/store_core.h"
#include "supervisor/store_outcomes.h"
#include "supervisor/store_row.h"
#include "supervisor/store_sql.h"

#include <stdio.h>
#include <string.h>

#define HOUR_US (3600 * INT64_C(1000000))
#define OWN_MAX 10000  /* of one user's tasks; more of all tasks cannot run at the same time */
#define QUEUE_MAX 2000 /* of all that wait, looked at for their types */
#define OWN_FAILURES_MAX 1000 /* looked at, as no index has one user's by their end */

struct overview_op {
    struct store_op op;
    store_overview_fn done;
    void *arg;
    struct store_actor who;
    struct store_overview overview;
};

/* ---- what is counted ---- */

static struct store_overview_type *type_of(struct store_overview *overview, const char *name)
{
    for (size_t i = 0; i < overview->type_count; i++) {
        if (strcmp(overview->types[i].name, name) == 0) {
            return &overview->types[i];
        }
    }
    if (overview->type_count == STORE_OVERVIEW_TYPES) {
        return NULL;
    }
    struct store_overview_type *type = &overview->types[overview->type_count++];
    snprintf(type->name, sizeof type->name, "%s", name);
    return type;
}

void store_overview_add(struct store_overview *overview, const char *name, enum task_status status,
                        uint64_t count)
{
    struct store_overview_type *type = type_of(overview, name);
    if (type != NULL) {
        type->counts[status] += count;
    }
}

static bool read_now(struct store_conn *conn, struct store_overview *overview)
{
    struct sql *sql = sql_begin(conn, "SELECT UTC_TIMESTAMP(6)");
    bool ok = sql_run(sql) && sql_next(sql);
    overview->now_us = ok ? sql_get_time(sql, 0) : 0;
    sql_end(sql);
    int64_t last = overview->now_us - overview->now_us % HOUR_US;
    for (int i = 0; i < STORE_OVERVIEW_HOURS; i++) {
        overview->hours[i].from_us = last - (STORE_OVERVIEW_HOURS - 1 - i) * HOUR_US;
    }
    overview->counted_from_us = overview->hours[0].from_us;
    return ok;
}

/* ---- what is open ---- */

#define OPEN_COLUMNS "SELECT type, COUNT(*), COUNT(IF(due_at > ?, 1, NULL)), MIN(due_at) FROM "

static struct sql *begin_open(struct overview_op *op, struct store_conn *conn,
                              enum task_status status)
{
    struct sql *sql;
    if (op->who.sees_all) {
        sql = sql_begin(conn, OPEN_COLUMNS
                        "(SELECT type, due_at FROM task FORCE INDEX (task_claim) WHERE status = ? "
                        "AND deleted_at IS NULL ORDER BY due_at, id LIMIT ?) first GROUP BY type");
        sql_time(sql, op->overview.now_us);
    } else {
        sql = sql_begin(conn, OPEN_COLUMNS
                        "(SELECT type, due_at FROM task FORCE INDEX (task_list_creator_status) "
                        "WHERE creator_id = ? AND status = ? AND deleted_at IS NULL ORDER BY id "
                        "LIMIT ?) first GROUP BY type");
        sql_time(sql, op->overview.now_us);
        sql_text(sql, op->who.id);
    }
    sql_text(sql, task_status_name(status));
    sql_int(sql, op->who.sees_all && status == TASK_PENDING ? QUEUE_MAX : OWN_MAX);
    return sql;
}

static void count_open(struct store_overview *overview, enum task_status status,
                       const struct sql *sql)
{
    uint64_t count = sql_get_uint(sql, 1);
    int64_t due_us = sql_get_time(sql, 3);
    store_overview_add(overview, sql_get_text(sql, 0), status, count);
    if (status == TASK_RUNNING) {
        overview->running += count;
        return;
    }
    overview->pending += count;
    overview->due_later += sql_get_uint(sql, 2);
    if (due_us <= overview->now_us &&
        (overview->oldest_due_us == 0 || due_us < overview->oldest_due_us)) {
        overview->oldest_due_us = due_us;
    }
}

static bool read_open(struct overview_op *op, struct store_conn *conn, enum task_status status)
{
    struct sql *sql = begin_open(op, conn, status);
    bool ok = sql_run(sql);
    while (ok && sql_next(sql)) {
        count_open(&op->overview, status, sql);
    }
    sql_end(sql);
    return ok;
}

/* Everybody's pending tasks that are due after `us`. */
static bool count_pending(struct store_conn *conn, int64_t us, uint64_t *count)
{
    struct sql *sql = sql_begin(conn, "SELECT COUNT(*) FROM (SELECT 1 FROM task FORCE INDEX "
                                      "(task_claim) WHERE status = 'pending' AND due_at > ? AND "
                                      "deleted_at IS NULL LIMIT ?) some");
    sql_time(sql, us);
    sql_int(sql, STORE_OVERVIEW_PENDING_MAX);
    bool ok = sql_run(sql) && sql_next(sql);
    *count = ok ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

/* More wait than were looked at: the index alone counts them. */
static bool read_long_queue(struct overview_op *op, struct store_conn *conn)
{
    struct store_overview *overview = &op->overview;
    if (!op->who.sees_all || overview->pending < QUEUE_MAX) {
        return true;
    }
    return count_pending(conn, 1, &overview->pending) &&
           count_pending(conn, overview->now_us, &overview->due_later);
}

/* ---- what has ended ---- */

static void count_end(struct store_overview *overview, struct store_overview_hour *hour,
                      const struct sql *sql, unsigned column)
{
    enum task_status status;
    uint64_t count = sql_get_uint(sql, column + 2);
    if (task_status_parse(sql_get_text(sql, column), &status)) {
        hour->counts[status] += count;
        store_overview_add(overview, sql_get_text(sql, column + 1), status, count);
    }
}

static bool read_own_ends(struct overview_op *op, struct store_conn *conn)
{
    struct store_overview *overview = &op->overview;
    struct sql *sql = sql_begin(
        conn, "SELECT TIMESTAMPDIFF(HOUR, ?, finished_at), status, type, COUNT(*) FROM (SELECT "
              "status, type, finished_at FROM task FORCE INDEX (task_list_creator) WHERE "
              "creator_id = ? AND deleted_at IS NULL ORDER BY id DESC LIMIT ?) newest WHERE "
              "finished_at >= ? GROUP BY 1, 2, 3");
    sql_time(sql, overview->hours[0].from_us);
    sql_text(sql, op->who.id);
    sql_int(sql, OWN_MAX);
    sql_time(sql, overview->hours[0].from_us);
    bool ok = sql_run(sql);
    while (ok && sql_next(sql)) {
        uint64_t hour = sql_get_uint(sql, 0);
        if (hour < STORE_OVERVIEW_HOURS) {
            count_end(overview, &overview->hours[hour], sql, 1);
        }
    }
    sql_end(sql);
    return ok;
}

/* ---- single tasks ---- */

static bool read_tasks(struct sql *sql, struct task tasks[], size_t most, size_t *count)
{
    bool ok = sql_run(sql);
    while (ok && *count < most && sql_next(sql)) {
        store_row_task(sql, &tasks[(*count)++]);
    }
    sql_end(sql);
    return ok;
}

static bool read_running(struct overview_op *op, struct store_conn *conn)
{
    struct sql *sql;
    if (op->who.sees_all) {
        sql = sql_begin(conn, "SELECT " STORE_ROW_TASK_BRIEF
                              "FROM task FORCE INDEX (task_claim) WHERE status = 'running' AND "
                              "deleted_at IS NULL ORDER BY due_at, id LIMIT ?");
    } else {
        sql = sql_begin(conn, "SELECT " STORE_ROW_TASK_BRIEF
                              "FROM task FORCE INDEX (task_list_creator_status) WHERE creator_id = "
                              "? AND status = 'running' AND deleted_at IS NULL ORDER BY id "
                              "LIMIT ?");
        sql_text(sql, op->who.id);
    }
    sql_int(sql, STORE_OVERVIEW_RUNNING);
    return read_tasks(sql, op->overview.running_tasks, STORE_OVERVIEW_RUNNING,
                      &op->overview.running_count);
}

static bool read_failures(struct overview_op *op, struct store_conn *conn)
{
    struct sql *sql;
    if (op->who.sees_all) {
        sql = sql_begin(conn, "SELECT " STORE_ROW_TASK_BRIEF
                              "FROM task FORCE INDEX (task_finished) WHERE status = 'failed' AND "
                              "finished_at >= ? AND deleted_at IS NULL ORDER BY finished_at DESC "
                              "LIMIT ?");
    } else {
        sql = sql_begin(conn, "SELECT " STORE_ROW_TASK_BRIEF
                              "FROM (SELECT id FROM task FORCE INDEX (task_list_creator_status) "
                              "WHERE creator_id = ? AND status = 'failed' AND deleted_at IS NULL "
                              "ORDER BY id DESC LIMIT ?) newest JOIN task ON task.id = newest.id "
                              "WHERE task.finished_at >= ? ORDER BY task.finished_at DESC LIMIT ?");
        sql_text(sql, op->who.id);
        sql_int(sql, OWN_FAILURES_MAX);
    }
    sql_time(sql, op->overview.hours[0].from_us);
    sql_int(sql, STORE_OVERVIEW_FAILURES);
    return read_tasks(sql, op->overview.failures, STORE_OVERVIEW_FAILURES,
                      &op->overview.failure_count);
}

/* ---- the call ---- */

static void overview_clear(struct store_op *store_op)
{
    struct store_overview *overview = &((struct overview_op *)store_op)->overview;
    for (size_t i = 0; i < overview->running_count; i++) {
        task_clear(&overview->running_tasks[i]);
    }
    for (size_t i = 0; i < overview->failure_count; i++) {
        task_clear(&overview->failures[i]);
    }
    *overview = (struct store_overview){0};
}

static bool overview_run(struct store_op *store_op, struct store_conn *conn)
{
    struct overview_op *op = (struct overview_op *)store_op;
    return read_now(conn, &op->overview) && read_open(op, conn, TASK_RUNNING) &&
           read_open(op, conn, TASK_PENDING) && read_long_queue(op, conn) &&
           (op->who.sees_all ? store_outcomes_read(op->op.store->outcomes, conn, &op->overview)
                             : read_own_ends(op, conn)) &&
           read_running(op, conn) && read_failures(op, conn);
}

static void overview_answer(struct store_op *store_op, enum store_result result)
{
    struct overview_op *op = (struct overview_op *)store_op;
    op->done(op->arg, result, result == STORE_OK ? &op->overview : NULL);
}

void store_overview(struct store *store, const struct store_actor *who, unsigned deadline_ms,
                    store_overview_fn done, void *arg)
{
    static const struct store_op_kind kind = {"overview", false, overview_run, overview_answer,
                                              overview_clear};
    struct overview_op *op = store_op_new(store, &kind, sizeof *op);
    op->done = done;
    op->arg = arg;
    op->who = store_op_actor(&op->op, who);
    store_op_submit(&op->op, deadline_ms);
}
