/* SPDX-License-Identifier: MIT */
/* What users do to a task: cancel, kill, retry, delete, set its artifact. Each reads the row under
 * its lock, decides, writes the row and its event, and answers with the task as it is afterwards.
 */
#include "common/crash_point.h"
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
    struct store_actor who;
    const char *file_key; /* set_artifact */
    const char *file_name;
    const char *detail; /* kill */
    const char *error;
    bool noted;
    struct task task;
};

static bool add_event_detail(const struct change_op *change, struct store_conn *conn,
                             const char *kind, const char *detail)
{
    struct store_event event = {.row_id = change->task.row_id,
                                .attempt = change->task.attempt,
                                .kind = kind,
                                .actor = change->who.id,
                                .address = change->who.address,
                                .detail = detail};
    return store_event_add(conn, &event);
}

static bool add_event(const struct change_op *change, struct store_conn *conn, const char *kind)
{
    return add_event_detail(change, conn, kind, NULL);
}

/* A locked row cannot have changed its status; if it has, the lock did not hold and the transaction
 * starts again. */
static bool move(struct change_op *change, struct store_conn *conn, enum task_status to)
{
    bool moved;
    if (!store_status_change(conn, &change->task, to, change->error, &moved)) {
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

static bool note_request(struct change_op *change, struct store_conn *conn)
{
    struct task *task = &change->task;
    int64_t now;
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    if (task->cancel_requested_at_us == 0) {
        task->cancel_requested_at_us = now;
    }
    struct sql *sql = sql_begin(conn, "UPDATE task SET cancel_requested_at = ?, updated_at = ?, "
                                      "error = COALESCE(?, error) "
                                      "WHERE id = ? AND attempt = ? AND status = 'running'");
    sql_time(sql, task->cancel_requested_at_us);
    sql_time(sql, now);
    sql_text(sql, change->error);
    sql_uint(sql, task->row_id);
    sql_int(sql, task->attempt);
    bool ok = sql_run(sql);
    sql_end(sql);
    task->updated_at_us = now;
    return ok;
}

static bool request_cancel(struct change_op *change, struct store_conn *conn)
{
    return change->task.cancel_requested_at_us != 0 || /* asked before */
           (note_request(change, conn) && add_event(change, conn, "cancel_requested"));
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

/* Asked for once more it is noted once more: that is how one sees that it took two. */
static bool add_kill_event(const struct change_op *change, struct store_conn *conn)
{
    return add_event_detail(change, conn, "kill_requested", change->detail);
}

static bool apply_kill(struct change_op *change, struct store_conn *conn)
{
    const struct task *task = &change->task;
    if (task->status == TASK_RUNNING) {
        return note_request(change, conn) && (change->noted || add_kill_event(change, conn));
    }
    if (task->status != TASK_PENDING) {
        return conflict(change);
    }
    return add_kill_event(change, conn) && move(change, conn, TASK_CANCELLED) &&
           add_event(change, conn, "cancelled");
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
    if (!store_row_find(conn, change->id, &change->who, STORE_ROW_LOCKED, &change->task)) {
        return false;
    }
    if (change->task.row_id == 0) {
        op->result = STORE_NOT_FOUND;
        return true;
    }
    bool ok = change->apply(change, conn);
    crash_point(change_before_commit);
    return ok;
}

static void change_answer(struct store_op *op, enum store_result result)
{
    struct change_op *change = (struct change_op *)op;
    bool with_task = result == STORE_OK || result == STORE_CONFLICT;
    crash_point(change_after_commit);
    change->done(change->arg, result, with_task ? &change->task : NULL);
}

static void change_clear(struct store_op *op)
{
    task_clear(&((struct change_op *)op)->task);
}

static struct change_op *new_change(struct store *store, change_apply_fn apply, const char *id,
                                    const struct store_actor *who)
{
    static const struct store_op_kind kind = {"change of a task", true, change_run, change_answer,
                                              change_clear};
    struct change_op *change = store_op_new(store, &kind, sizeof *change);
    change->apply = apply;
    change->id = store_arena_text(&change->op.arguments, id);
    change->who = store_op_actor(&change->op, who);
    return change;
}

static void submit(struct change_op *change, unsigned deadline_ms, store_task_fn done, void *arg)
{
    change->done = done;
    change->arg = arg;
    store_op_submit(&change->op, deadline_ms);
}

void store_cancel(struct store *store, const char *id, const struct store_actor *who,
                  unsigned deadline_ms, store_task_fn done, void *arg)
{
    submit(new_change(store, apply_cancel, id, who), deadline_ms, done, arg);
}

void store_kill(struct store *store, const char *id, const struct store_kill *kill,
                const struct store_actor *who, unsigned deadline_ms, store_task_fn done, void *arg)
{
    struct change_op *change = new_change(store, apply_kill, id, who);
    change->detail = store_arena_text(&change->op.arguments, kill->detail);
    change->noted = kill->noted;
    change->error = store_arena_text(&change->op.arguments, kill->error);
    submit(change, deadline_ms, done, arg);
}

void store_retry(struct store *store, const char *id, const struct store_actor *who,
                 unsigned deadline_ms, store_task_fn done, void *arg)
{
    submit(new_change(store, apply_retry, id, who), deadline_ms, done, arg);
}

void store_delete(struct store *store, const char *id, const struct store_actor *who,
                  unsigned deadline_ms, store_task_fn done, void *arg)
{
    submit(new_change(store, apply_delete, id, who), deadline_ms, done, arg);
}

void store_set_artifact(struct store *store, const char *id, const char *file_key,
                        const char *file_name, const struct store_actor *who, unsigned deadline_ms,
                        store_task_fn done, void *arg)
{
    struct change_op *change = new_change(store, apply_artifact, id, who);
    change->file_key = store_arena_text(&change->op.arguments, file_key);
    change->file_name = store_arena_text(&change->op.arguments, file_name);
    submit(change, deadline_ms, done, arg);
}
