/* SPDX-License-Identifier: MIT */
/* The tasks a user cares for now, in one statement and through indexes alone, whatever his history:
 * a front end asks for them every few seconds. */
#include "supervisor/store_op.h"

#include "supervisor/store_row.h"
#include "supervisor/store_sql.h"

struct recent_op {
    struct store_op op;
    store_tasks_fn done; /* or `listed` */
    store_list_fn listed;
    void *arg;
    struct store_actor who;
    struct task tasks[STORE_RECENT_MAX];
    struct json_text large[STORE_RECENT_MAX];
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
        store_row_task(sql, &recent->tasks[recent->count]);
        if (recent->listed != NULL) {
            store_row_move_large(&recent->tasks[recent->count], &recent->large[recent->count]);
        }
        recent->count++;
    }
    sql_end(sql);
    return ok;
}

static void recent_answer(struct store_op *op, enum store_result result)
{
    struct recent_op *recent = (struct recent_op *)op;
    bool ok = result == STORE_OK;
    const struct task *tasks = ok ? recent->tasks : NULL;
    size_t count = ok ? recent->count : 0;
    if (recent->listed != NULL) {
        recent->listed(recent->arg, result, tasks, ok ? recent->large : NULL, count, count);
    } else {
        recent->done(recent->arg, result, tasks, count);
    }
}

static void recent_clear(struct store_op *op)
{
    struct recent_op *recent = (struct recent_op *)op;
    for (size_t i = 0; i < recent->count; i++) {
        task_clear(&recent->tasks[i]);
        json_text_clear(&recent->large[i]);
    }
    recent->count = 0;
}

static struct recent_op *recent_new(struct store *store, const struct store_actor *who, void *arg)
{
    static const struct store_op_kind kind = {"user_tasks", false, recent_run, recent_answer,
                                              recent_clear};
    struct recent_op *recent = store_op_new(store, &kind, sizeof *recent);
    recent->arg = arg;
    recent->who = store_op_actor(&recent->op, who);
    return recent;
}

void store_user_tasks(struct store *store, const struct store_actor *who, unsigned deadline_ms,
                      store_tasks_fn done, void *arg)
{
    struct recent_op *recent = recent_new(store, who, arg);
    recent->done = done;
    store_op_submit(&recent->op, deadline_ms);
}

void store_user_task_list(struct store *store, const struct store_actor *who, unsigned deadline_ms,
                          store_list_fn done, void *arg)
{
    struct recent_op *recent = recent_new(store, who, arg);
    recent->listed = done;
    store_op_submit(&recent->op, deadline_ms);
}
