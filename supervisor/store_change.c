/* SPDX-License-Identifier: MIT */
/* What users do to a task: cancel, retry, delete, set its artifact. Each reads the row under its
 * lock, decides, writes the row and its event, and answers with the task as it is afterwards. */
#include "supervisor/store_op.h"

#include "supervisor/store_event.h"
#include "supervisor/store_row.h"
#include "supervisor/store_sql.h"
#include "supervisor/store_status.h"

struct change_op;
/* Changes `change->task`, its row and the trail, or sets STORE_CONFLICT. False: the connection has
 * an error. */
typedef bool (*change_apply_fn)(struct change_op *change, struct store_conn *conn);

struct change_op {
    struct store_op op;
    store_task_fn done;
    void *arg;
    change_apply_fn apply;
    const char *id;
    const char *actor;
    const char *file_key; /* set_artifact */
    const char *file_name;
    struct task task;
};

static bool add_event(const struct change_op *change, struct store_conn *conn, const char *kind)
{
    struct store_event event = {.row_id = change->task.row_id,
                                .attempt = change->task.attempt,
                                .kind = kind,
                                .actor = change->actor};
    return store_event_add(conn, &event);
}

/* A locked row cannot have changed its status; if it has, the lock did not hold and the transaction
 * starts again. */
static bool move(struct change_op *change, struct store_conn *conn, enum task_status to)
{
    bool moved;
    if (!store_status_change(conn, &change->task, to, &moved)) {
        return false;
    }
    if (!moved) {
        store_conn_fail(conn, STORE_FAILURE_RETRY, "a locked task has changed");
    }
    return moved;
}

static bool conflict(struct change_op *change)
{
    change->op.result = STORE_CONFLICT;
    return true;
}

static bool request_cancel(struct change_op *change, struct store_conn *conn)
{
    struct task *task = &change->task;
    int64_t now;
    if (task->cancel_requested_at_us != 0) {
        return true; /* asked before */
    }
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    struct sql *sql = sql_begin(conn, "UPDATE task SET cancel_requested_at = ?, updated_at = ? "
                                      "WHERE id = ? AND attempt = ? AND status = 'running'");
    sql_time(sql, now);
    sql_time(sql, now);
    sql_uint(sql, task->row_id);
    sql_int(sql, task->attempt);
    bool ok = sql_run(sql);
    sql_end(sql);
    task->cancel_requested_at_us = task->updated_at_us = now;
    return ok && add_event(change, conn, "cancel_requested");
}

static bool apply_cancel(struct change_op *change, struct store_conn *conn)
{
    if (change->task.status == TASK_RUNNING) {
        return request_cancel(change, conn);
    }
    if (change->task.status != TASK_PENDING) {
        return conflict(change);
    }
    return move(change, conn, TASK_CANCELLED) && add_event(change, conn, "cancelled");
}

static bool apply_retry(struct change_op *change, struct store_conn *conn)
{
    enum task_status status = change->task.status;
    if (status == TASK_RUNNING || !task_may_move(status, TASK_PENDING)) {
        return conflict(change);
    }
    return move(change, conn, TASK_PENDING) && add_event(change, conn, "retried");
}

static bool apply_delete(struct change_op *change, struct store_conn *conn)
{
    struct task *task = &change->task;
    int64_t now;
    if (task->status == TASK_RUNNING && !request_cancel(change, conn)) {
        return false;
    }
    if (task->status == TASK_PENDING &&
        (!move(change, conn, TASK_CANCELLED) || !add_event(change, conn, "cancelled"))) {
        return false;
    }
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    struct sql *sql = sql_begin(
        conn, "UPDATE task SET deleted_at = ?, updated_at = ? WHERE id = ? AND status = ?");
    sql_time(sql, now);
    sql_time(sql, now);
    sql_uint(sql, task->row_id);
    sql_text(sql, task_status_name(task->status));
    bool ok = sql_run(sql);
    sql_end(sql);
    task->updated_at_us = now;
    return ok && add_event(change, conn, "deleted");
}

/* The caller's name for the file, or the one its row has. */
static bool find_file_name(struct change_op *change, struct store_conn *conn)
{
    store_row_set_text(&change->task.artifact_file_name, change->file_name);
    if (change->file_name != NULL) {
        return true;
    }
    struct sql *sql =
        sql_begin(conn, "SELECT name FROM file WHERE file_key = ? AND deleted_at IS NULL");
    sql_text(sql, change->file_key);
    bool ok = sql_run(sql);
    if (ok && sql_next(sql)) {
        store_row_set_text(&change->task.artifact_file_name, sql_get_text(sql, 0));
    }
    sql_end(sql);
    return ok;
}

static bool apply_artifact(struct change_op *change, struct store_conn *conn)
{
    struct task *task = &change->task;
    int64_t now;
    if (!store_conn_now(conn, &now) || !find_file_name(change, conn)) {
        return false;
    }
    store_row_set_text(&task->artifact_file_key, change->file_key);
    task->updated_at_us = now;
    struct sql *sql = sql_begin(
        conn, "UPDATE task SET artifact_file_key = ?, artifact_file_name = ?, updated_at = ? "
              "WHERE id = ? AND deleted_at IS NULL");
    sql_text(sql, task->artifact_file_key);
    sql_text(sql, task->artifact_file_name);
    sql_time(sql, now);
    sql_uint(sql, task->row_id);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok && add_event(change, conn, "artifact_set");
}

static bool change_run(struct store_op *op, struct store_conn *conn)
{
    struct change_op *change = (struct change_op *)op;
    bool found;
    if (!store_row_find(conn, change->id, STORE_ROW_LOCKED, &change->task, &found)) {
        return false;
    }
    if (!found) {
        op->result = STORE_NOT_FOUND;
        return true;
    }
    return change->apply(change, conn);
}

static void change_answer(struct store_op *op, enum store_result result)
{
    struct change_op *change = (struct change_op *)op;
    bool with_task = result == STORE_OK || result == STORE_CONFLICT;
    change->done(change->arg, result, with_task ? &change->task : NULL);
}

static void change_clear(struct store_op *op)
{
    task_clear(&((struct change_op *)op)->task);
}

static struct change_op *new_change(struct store *store, change_apply_fn apply, const char *id,
                                    const char *actor)
{
    static const struct store_op_kind kind = {"change of a task", true, change_run, change_answer,
                                              change_clear};
    struct change_op *change = store_op_new(store, &kind, sizeof *change);
    change->apply = apply;
    change->id = store_arena_text(&change->op.arguments, id);
    change->actor = store_arena_text(&change->op.arguments, actor);
    return change;
}

static void submit(struct change_op *change, unsigned deadline_ms, store_task_fn done, void *arg)
{
    change->done = done;
    change->arg = arg;
    store_op_submit(&change->op, deadline_ms);
}

void store_cancel(struct store *store, const char *id, const char *actor, unsigned deadline_ms,
                  store_task_fn done, void *arg)
{
    submit(new_change(store, apply_cancel, id, actor), deadline_ms, done, arg);
}

void store_retry(struct store *store, const char *id, const char *actor, unsigned deadline_ms,
                 store_task_fn done, void *arg)
{
    submit(new_change(store, apply_retry, id, actor), deadline_ms, done, arg);
}

void store_delete(struct store *store, const char *id, const char *actor, unsigned deadline_ms,
                  store_task_fn done, void *arg)
{
    submit(new_change(store, apply_delete, id, actor), deadline_ms, done, arg);
}

void store_set_artifact(struct store *store, const char *id, const char *file_key,
                        const char *file_name, const char *actor, unsigned deadline_ms,
                        store_task_fn done, void *arg)
{
    struct change_op *change = new_change(store, apply_artifact, id, actor);
    change->file_key = store_arena_text(&change->op.arguments, file_key);
    change->file_name = store_arena_text(&change->op.arguments, file_name);
    submit(change, deadline_ms, done, arg);
}
