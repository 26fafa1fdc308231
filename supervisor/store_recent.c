/* SPDX-License-Identifier: MIT */
/* The tasks a user cares for now, through indexes alone, whatever his history: a front end asks for
 * them every few seconds. */
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

/* The newest few of all of his tasks hold the newest few of the last day. */
static const char newest_text[] =
    "SELECT " STORE_ROW_TASK
    ", task.created_at >= UTC_TIMESTAMP(6) - INTERVAL 24 HOUR FROM task FORCE INDEX "
    "(task_list_creator) WHERE creator_id = ? AND deleted_at IS NULL ORDER BY id DESC LIMIT ?";

/* Those that are open, but older than all of these. */
static const char open_text[] =
    "SELECT " STORE_ROW_TASK "FROM ("
    "(SELECT id FROM task FORCE INDEX (task_list_creator_status) WHERE creator_id = ? "
    "AND status = 'running' AND deleted_at IS NULL AND id < ? ORDER BY id DESC LIMIT ?) "
    "UNION ALL (SELECT id FROM task FORCE INDEX (task_list_creator_status) WHERE creator_id = ? "
    "AND status = 'pending' AND deleted_at IS NULL AND id < ? ORDER BY id DESC LIMIT ?)"
    ") chosen JOIN task ON task.id = chosen.id WHERE task.deleted_at IS NULL "
    "ORDER BY task.id DESC LIMIT ?";

/* *oldest: the last row that was looked at, 0 if there are no others. */
static bool read_newest(struct recent_op *recent, struct store_conn *conn, uint64_t *oldest)
{
    struct sql *sql = sql_begin(conn, newest_text);
    size_t rows = 0;
    sql_text(sql, recent->who.id);
    sql_int(sql, STORE_RECENT_MAX);
    bool ok = sql_run(sql);
    for (; ok && rows < STORE_RECENT_MAX && sql_next(sql); rows++) {
        struct task task = {0};
        store_row_task(sql, &task);
        *oldest = task.row_id;
        if (task_status_is_final(task.status) && sql_get_int(sql, STORE_ROW_TASK_COLUMNS) == 0) {
            task_clear(&task);
        } else {
            recent->tasks[recent->count++] = task;
        }
    }
    sql_end(sql);
    if (rows < STORE_RECENT_MAX) {
        *oldest = 0;
    }
    return ok;
}

static bool read_open(struct recent_op *recent, struct store_conn *conn, uint64_t before)
{
    size_t room = STORE_RECENT_MAX - recent->count;
    struct sql *sql = sql_begin(conn, open_text);
    for (int i = 0; i < 2; i++) {
        sql_text(sql, recent->who.id);
        sql_uint(sql, before);
        sql_uint(sql, room);
    }
    sql_uint(sql, room);
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

static bool recent_run(struct store_op *op, struct store_conn *conn)
{
    struct recent_op *recent = (struct recent_op *)op;
    uint64_t oldest = 0;
    return read_newest(recent, conn, &oldest) &&
           (oldest == 0 || recent->count == STORE_RECENT_MAX || read_open(recent, conn, oldest));
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
