/* SPDX-License-Identifier: MIT */
/* The tasks a user cares for now, in one statement and through indexes alone, whatever his history:
 * a front end asks for them every few seconds. */
#include "supervisor/store_op.h"

#include "supervisor/store_row.h"
#include "supervisor/store_sql.h"

struct recent_op {
    struct store_op op;
    store_tasks_fn done;
    void *arg;
    struct store_actor who;
    struct task tasks[STORE_RECENT_MAX];
    size_t count;
};

/* The newest few of all of his tasks hold the newest few of the last day; those that are open but
 * older come from the index by status. */
static const char text[] =
    "SELECT " STORE_ROW_TASK "FROM ("
    "(SELECT id FROM (SELECT id, created_at FROM task FORCE INDEX (task_list_creator) "
    "WHERE creator_id = ? AND deleted_at IS NULL ORDER BY id DESC LIMIT ?) newest "
    "WHERE created_at >= UTC_TIMESTAMP(6) - INTERVAL 24 HOUR) "
    "UNION (SELECT id FROM task FORCE INDEX (task_list_creator_status) WHERE creator_id = ? "
    "AND status = 'running' AND deleted_at IS NULL ORDER BY id DESC LIMIT ?) "
    "UNION (SELECT id FROM task FORCE INDEX (task_list_creator_status) WHERE creator_id = ? "
    "AND status = 'pending' AND deleted_at IS NULL ORDER BY id DESC LIMIT ?)"
    ") chosen JOIN task ON task.id = chosen.id WHERE task.deleted_at IS NULL "
    "ORDER BY task.id DESC LIMIT ?";

static bool recent_run(struct store_op *op, struct store_conn *conn)
{
    struct recent_op *recent = (struct recent_op *)op;
    struct sql *sql = sql_begin(conn, text);
    for (int i = 0; i < 3; i++) {
        sql_text(sql, recent->who.id);
        sql_int(sql, STORE_RECENT_MAX);
    }
    sql_int(sql, STORE_RECENT_MAX);
    bool ok = sql_run(sql);
    while (ok && recent->count < STORE_RECENT_MAX && sql_next(sql)) {
        store_row_task(sql, &recent->tasks[recent->count++]);
    }
    sql_end(sql);
    return ok;
}

static void recent_answer(struct store_op *op, enum store_result result)
{
    struct recent_op *recent = (struct recent_op *)op;
    bool ok = result == STORE_OK;
    recent->done(recent->arg, result, ok ? recent->tasks : NULL, ok ? recent->count : 0);
}

static void recent_clear(struct store_op *op)
{
    struct recent_op *recent = (struct recent_op *)op;
    for (size_t i = 0; i < recent->count; i++) {
        task_clear(&recent->tasks[i]);
    }
    recent->count = 0;
}

void store_user_tasks(struct store *store, const struct store_actor *who, unsigned deadline_ms,
                      store_tasks_fn done, void *arg)
{
    static const struct store_op_kind kind = {"user_tasks", false, recent_run, recent_answer,
                                              recent_clear};
    struct recent_op *recent = store_op_new(store, &kind, sizeof *recent);
    recent->done = done;
    recent->arg = arg;
    recent->who = store_op_actor(&recent->op, who);
    store_op_submit(&recent->op, deadline_ms);
}
