/* SPDX-License-Identifier: MIT */
/* New tasks. A task that is there already (its id, or its creator's idempotency key) is answered
 * instead of inserted, so a caller that got no answer can simply ask again. */
#include "supervisor/store_op.h"

#include "common/crash_point.h"
#include "common/xalloc.h"
#include "supervisor/store_row.h"
#include "supervisor/store_sql.h"
#include "supervisor/store_type_names.h"
#include <stdlib.h>
#include <string.h>

#define STATEMENT_BYTES (512 * 1024) /* of payloads in one statement */

struct create_op {
    struct store_op op;
    store_tasks_fn done;
    void *arg;
    struct store_actor who;
    struct store_task_new *wanted;
    size_t count;
    struct task *tasks; /* in the order of `wanted`; NULL before the first run */
};

/* How many of the next tasks go into one statement. One with an idempotency key goes alone: its row
 * may be another. */
static size_t next_chunk(const struct create_op *create, size_t from)
{
    size_t fit = 0, bytes = 0;
    while (from + fit < create->count && fit < SQL_ROWS_MAX) {
        const struct store_task_new *wanted = &create->wanted[from + fit];
        bytes += wanted->payload != NULL ? strlen(wanted->payload) : 0;
        if (fit > 0 && (bytes > STATEMENT_BYTES || wanted->idempotency_key != NULL)) {
            break;
        }
        fit++;
        if (wanted->idempotency_key != NULL) {
            break;
        }
    }
    return sql_chunk(fit, SQL_ROWS_MAX);
}

static bool insert_tasks(struct store_conn *conn, const struct store_task_new *wanted, size_t count,
                         int64_t now)
{
    struct sql *sql = sql_begin_rows(
        conn,
        "INSERT INTO task (uuid, type, payload, creator_id, max_retries, idempotency_key, "
        "created_at, updated_at, due_at) VALUES",
        "(?, ?, ?, ?, ?, ?, ?, ?, ?)", count, "ON DUPLICATE KEY UPDATE id = task.id");
    for (size_t i = 0; i < count; i++) {
        sql_text(sql, wanted[i].id);
        sql_text(sql, wanted[i].type);
        sql_text(sql, wanted[i].payload);
        sql_text(sql, wanted[i].creator_id);
        sql_int(sql, wanted[i].max_retries);
        sql_text(sql, wanted[i].idempotency_key);
        sql_time(sql, now);
        sql_time(sql, now);
        sql_time(sql, now);
    }
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

/* Moves a row to the place of the task that was asked for by that id; by key there is but one. */
static void place(struct create_op *create, size_t from, size_t count, const struct sql *sql)
{
    struct task task = {0};
    store_row_task(sql, &task);
    for (size_t i = from; i < from + count; i++) {
        bool by_key = create->wanted[i].idempotency_key != NULL;
        if (create->tasks[i].row_id == 0 &&
            (by_key || strcmp(create->wanted[i].id, task.id) == 0)) {
            create->tasks[i] = task;
            return;
        }
    }
    task_clear(&task);
}

static struct sql *begin_read_back(struct store_conn *conn, const struct store_task_new *wanted,
                                   size_t count)
{
    if (wanted->idempotency_key != NULL) {
        struct sql *by_key =
            sql_begin(conn, "SELECT " STORE_ROW_TASK
                            "FROM task WHERE creator_id = ? AND idempotency_key = ?");
        sql_text(by_key, wanted->creator_id);
        sql_text(by_key, wanted->idempotency_key);
        return by_key;
    }
    struct sql *sql =
        sql_begin_list(conn, "SELECT " STORE_ROW_TASK "FROM task WHERE uuid IN", count, "");
    for (size_t i = 0; i < count; i++) {
        sql_text(sql, wanted[i].id);
    }
    return sql;
}

/* The rows as they are now, which may be earlier ones. `count` is a power of two. */
static bool read_back(struct create_op *create, struct store_conn *conn, size_t from, size_t count)
{
    struct sql *sql = begin_read_back(conn, &create->wanted[from], count);
    bool ok = sql_run(sql);
    while (ok && sql_next(sql)) {
        place(create, from, count, sql);
    }
    sql_end(sql);
    for (size_t i = from; ok && i < from + count; i++) {
        if (create->tasks[i].row_id == 0) {
            store_conn_fail(conn, STORE_FAILURE_REFUSED, "a task's id is given twice");
            ok = false;
        }
    }
    return ok;
}

/* created_at tells the rows of this transaction from earlier ones: microseconds of the database's
 * clock. */
static bool add_events(struct create_op *create, struct store_conn *conn, size_t from, size_t count,
                       int64_t now)
{
    struct sql *sql = sql_begin_list(
        conn,
        "INSERT INTO task_event (task_id, kind, actor, address, created_at) "
        "SELECT id, 'created', ?, ?, created_at FROM task WHERE created_at = ? AND id IN",
        count, "");
    sql_text(sql, create->who.id);
    sql_text(sql, create->who.address);
    sql_time(sql, now);
    for (size_t i = from; i < from + count; i++) {
        sql_uint(sql, create->tasks[i].row_id);
    }
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static bool create_run(struct store_op *op, struct store_conn *conn)
{
    struct create_op *create = (struct create_op *)op;
    int64_t now;
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    create->tasks = xcalloc(create->count, sizeof *create->tasks);
    for (size_t i = 0; i < create->count;) {
        size_t chunk = next_chunk(create, i);
        if (!insert_tasks(conn, &create->wanted[i], chunk, now) ||
            !read_back(create, conn, i, chunk) || !add_events(create, conn, i, chunk, now)) {
            return false;
        }
        i += chunk;
    }
    crash_point(create_before_commit);
    return true;
}

static void create_answer(struct store_op *op, enum store_result result)
{
    struct create_op *create = (struct create_op *)op;
    bool ok = result == STORE_OK;
    crash_point(create_after_commit);
    for (size_t i = 0; i < create->count; i++) {
        if (i == 0 || strcmp(create->wanted[i].type, create->wanted[i - 1].type) != 0) {
            store_type_names_note(create->wanted[i].type);
        }
    }
    create->done(create->arg, result, ok ? create->tasks : NULL, ok ? create->count : 0);
}

static void create_clear(struct store_op *op)
{
    struct create_op *create = (struct create_op *)op;
    for (size_t i = 0; create->tasks != NULL && i < create->count; i++) {
        task_clear(&create->tasks[i]);
    }
    free(create->tasks);
    create->tasks = NULL;
}

void store_create(struct store *store, const struct store_task_new *tasks, size_t count,
                  const struct store_actor *who, unsigned deadline_ms, store_tasks_fn done,
                  void *arg)
{
    static const struct store_op_kind kind = {"create", true, create_run, create_answer,
                                              create_clear};
    struct create_op *create = store_op_new(store, &kind, sizeof *create);
    struct store_arena *arena = &create->op.arguments;
    create->done = done;
    create->arg = arg;
    create->who = store_op_actor(&create->op, who);
    create->count = count;
    create->wanted = store_arena_get(arena, count, sizeof *create->wanted);
    for (size_t i = 0; i < count; i++) {
        create->wanted[i] = tasks[i];
        create->wanted[i].type = store_arena_text(arena, tasks[i].type);
        create->wanted[i].payload = store_arena_text(arena, tasks[i].payload);
        create->wanted[i].creator_id = store_arena_text(arena, tasks[i].creator_id);
        create->wanted[i].idempotency_key = store_arena_text(arena, tasks[i].idempotency_key);
    }
    store_op_submit(&create->op, deadline_ms);
}
