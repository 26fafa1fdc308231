/* SPDX-License-Identifier: MIT */
/* One step of a purge. Log lines and events are stored in the order of their ids, so the expired
 * ones are the first; tasks are found by the time of their end through an index. */
#include "supervisor/store_purge.h"

#include "supervisor/store_op.h"
#include "supervisor/store_sql.h"
#include <assert.h>
#include <stdio.h>

#define ROWS_MAX 500   /* lines or events looked at in a step */
#define LINES_MAX 2000 /* lines of expired tasks removed in a step */
#define TEXT_SIZE 512

struct purge_op {
    struct store_op op;
    store_purged_fn done;
    void *arg;
    struct store_purge_ages ages;
    size_t tasks_max;
    struct store_purged purged;
};

struct batch {
    uint64_t ids[STORE_PURGE_TASKS];
    size_t count;
};

/* ---- rows that expire one by one ---- */

/* The last of the oldest rows that has expired; 0: none has. False: the connection has an error. */
static bool find_last(struct store_conn *conn, const char *table, int64_t days, uint64_t *last)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text,
             "SELECT MAX(id) FROM (SELECT id, created_at FROM %s ORDER BY id LIMIT %d) oldest "
             "WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL ? DAY",
             table, ROWS_MAX);
    struct sql *sql = sql_begin(conn, text);
    sql_int(sql, days);
    bool ok = sql_run(sql) && sql_next(sql);
    *last = ok ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

static bool purge_rows(struct purge_op *purge, struct store_conn *conn, const char *table,
                       int64_t days, uint64_t *removed)
{
    char text[TEXT_SIZE];
    uint64_t last = 0;
    if (days == 0) {
        return true;
    }
    if (!find_last(conn, table, days, &last)) {
        return false;
    }
    if (last == 0) {
        return true;
    }
    snprintf(text, sizeof text,
             "DELETE FROM %s WHERE id <= ? AND created_at < UTC_TIMESTAMP(6) - INTERVAL ? DAY "
             "ORDER BY id LIMIT %d",
             table, ROWS_MAX);
    struct sql *sql = sql_begin(conn, text);
    sql_uint(sql, last);
    sql_int(sql, days);
    bool ok = sql_run(sql);
    *removed = ok ? sql_affected(sql) : 0;
    purge->purged.more = purge->purged.more || *removed > 0;
    sql_end(sql);
    return ok;
}

/* ---- tasks ---- */

static bool find_tasks(const struct purge_op *purge, struct store_conn *conn, const char *status,
                       struct batch *batch)
{
    struct sql *sql = sql_begin(
        conn, "SELECT id FROM task FORCE INDEX (task_finished) WHERE status = ? AND finished_at < "
              "UTC_TIMESTAMP(6) - INTERVAL ? DAY ORDER BY finished_at LIMIT ?");
    sql_text(sql, status);
    sql_int(sql, purge->ages.tasks);
    sql_int(sql, (int64_t)(purge->tasks_max - batch->count));
    bool ok = sql_run(sql);
    while (ok && batch->count < purge->tasks_max && sql_next(sql)) {
        batch->ids[batch->count++] = sql_get_uint(sql, 0);
    }
    sql_end(sql);
    return ok;
}

static bool remove_from(struct store_conn *conn, const char *before, const char *after,
                        const struct batch *batch, uint64_t *removed)
{
    struct sql *sql = sql_begin_list(conn, before, batch->count, after);
    sql_id_list(sql, batch->ids, batch->count);
    bool ok = sql_run(sql);
    *removed = ok ? sql_affected(sql) : 0;
    sql_end(sql);
    return ok;
}

static bool take_files(struct purge_op *purge, struct store_conn *conn, const struct batch *batch)
{
    struct store_purged *purged = &purge->purged;
    struct sql *sql =
        sql_begin_list(conn,
                       "SELECT file.file_key FROM task JOIN file ON file.file_key = "
                       "task.artifact_file_key WHERE file.purpose = 'artifact' AND task.id IN ",
                       batch->count, "");
    sql_id_list(sql, batch->ids, batch->count);
    bool ok = sql_run(sql);
    while (ok && purged->file_count < STORE_PURGE_TASKS && sql_next(sql)) {
        snprintf(purged->file_keys[purged->file_count++], ID_SIZE, "%s", sql_get_text(sql, 0));
    }
    sql_end(sql);
    for (size_t i = 0; ok && i < purged->file_count; i++) {
        sql = sql_begin(conn, "DELETE FROM file WHERE file_key = ?");
        sql_text(sql, purged->file_keys[i]);
        ok = sql_run(sql);
        sql_end(sql);
    }
    return ok;
}

/* A task with more lines than a step removes waits for the next one. */
static bool remove_tasks(struct purge_op *purge, struct store_conn *conn, const struct batch *batch)
{
    static const char *const tables[] = {"DELETE FROM attempt WHERE task_id IN ",
                                         "DELETE FROM callback WHERE task_id IN "};
    char limit[64];
    uint64_t lines = 0, rows;
    snprintf(limit, sizeof limit, "ORDER BY task_id, id LIMIT %d", LINES_MAX);
    if (!remove_from(conn, "DELETE FROM task_log WHERE task_id IN ", limit, batch, &lines)) {
        return false;
    }
    purge->purged.log_lines += lines;
    if (lines == LINES_MAX) {
        return true;
    }
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (!remove_from(conn, tables[i], "", batch, &rows)) {
            return false;
        }
    }
    return take_files(purge, conn, batch) &&
           remove_from(conn, "DELETE FROM task WHERE id IN ", "", batch, &purge->purged.tasks);
}

static bool purge_tasks(struct purge_op *purge, struct store_conn *conn)
{
    static const char *const statuses[] = {"success", "failed", "cancelled"};
    struct batch batch = {.count = 0};
    if (purge->ages.tasks == 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (!find_tasks(purge, conn, statuses[i], &batch)) {
            return false;
        }
    }
    purge->purged.more = purge->purged.more || batch.count > 0;
    return batch.count == 0 || remove_tasks(purge, conn, &batch);
}

static bool purge_run(struct store_op *op, struct store_conn *conn)
{
    struct purge_op *purge = (struct purge_op *)op;
    purge->purged = (struct store_purged){0};
    return purge_rows(purge, conn, "task_log", purge->ages.logs, &purge->purged.log_lines) &&
           purge_rows(purge, conn, "task_event", purge->ages.events, &purge->purged.events) &&
           purge_tasks(purge, conn);
}

static void purge_answer(struct store_op *op, enum store_result result)
{
    struct purge_op *purge = (struct purge_op *)op;
    purge->done(purge->arg, result, result == STORE_OK ? &purge->purged : NULL);
}

void store_purge(struct store *store, const struct store_purge_ages *ages, size_t tasks_max,
                 unsigned deadline_ms, store_purged_fn done, void *arg)
{
    static const struct store_op_kind kind = {"purge", true, purge_run, purge_answer, NULL};
    struct purge_op *purge = store_op_new(store, &kind, sizeof *purge);
    purge->done = done;
    purge->arg = arg;
    purge->ages = *ages;
    assert(tasks_max > 0 && tasks_max <= STORE_PURGE_TASKS);
    purge->tasks_max = tasks_max;
    store_op_submit(&purge->op, deadline_ms);
}
