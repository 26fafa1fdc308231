/* SPDX-License-Identifier: MIT */
/* Reads about single tasks and about what is running: get, what an earlier life left
 * behind, counts. */
#include "supervisor/store_op.h"

#include "supervisor/store_row.h"
#include "supervisor/store_sql.h"
#include <stdio.h>
#include <string.h>

#define COUNT_MAX 100000 /* counting stops here, so that a long history does not make it slow */

/* ---- get ---- */

struct get_op {
    struct store_op op;
    store_task_fn done;
    void *arg;
    const char *id;
    struct store_actor who;
    struct task task;
};

static bool get_run(struct store_op *op, struct store_conn *conn)
{
    struct get_op *get = (struct get_op *)op;
    if (!store_row_find(conn, get->id, &get->who, STORE_ROW_READ, &get->task)) {
        return false;
    }
    op->result = get->task.row_id != 0 ? STORE_OK : STORE_NOT_FOUND;
    return true;
}

static void get_answer(struct store_op *op, enum store_result result)
{
    struct get_op *get = (struct get_op *)op;
    get->done(get->arg, result, result == STORE_OK ? &get->task : NULL);
}

static void get_clear(struct store_op *op)
{
    task_clear(&((struct get_op *)op)->task);
}

void store_task_get(struct store *store, const char *id, const struct store_actor *who,
                    unsigned deadline_ms, store_task_fn done, void *arg)
{
    static const struct store_op_kind kind = {"task_get", false, get_run, get_answer, get_clear};
    struct get_op *get = store_op_new(store, &kind, sizeof *get);
    get->done = done;
    get->arg = arg;
    get->id = store_arena_text(&get->op.arguments, id);
    get->who = store_op_actor(&get->op, who);
    store_op_submit(&get->op, deadline_ms);
}

/* ---- what is running: of an earlier life, or to be stopped ---- */

struct leftovers_op {
    struct store_op op;
    const char *which; /* statement with places for state directory, node and incarnation */
    store_leftovers_fn done;
    void *arg;
    struct store_leftover *rows;
    size_t count, room;
};

static struct store_leftover *next_leftover(struct leftovers_op *leftovers)
{
    if (leftovers->count == leftovers->room) {
        size_t room = leftovers->room == 0 ? 64 : 2 * leftovers->room;
        struct store_leftover *rows = store_arena_get(&leftovers->op.answers, room, sizeof *rows);
        if (leftovers->count > 0) {
            memcpy(rows, leftovers->rows, leftovers->count * sizeof *rows);
        }
        leftovers->rows = rows;
        leftovers->room = room;
    }
    return &leftovers->rows[leftovers->count++];
}

static void read_leftover(const struct sql *sql, struct store_leftover *row)
{
    row->row_id = sql_get_uint(sql, 0);
    snprintf(row->id, sizeof row->id, "%s", sql_get_text(sql, 1));
    snprintf(row->type, sizeof row->type, "%s", sql_get_text(sql, 2));
    row->attempt = (int)sql_get_int(sql, 3);
    row->crash_count = (int)sql_get_int(sql, 4);
    snprintf(row->incarnation, sizeof row->incarnation, "%s", sql_get_text(sql, 5));
    row->cancel_requested = sql_get_time(sql, 6) != 0;
    row->started_at_us = sql_get_time(sql, 10);
    row->deleted = sql_get_time(sql, 11) != 0;
    row->of_another = sql_get_int(sql, 12) != 0;
    row->progress = (int)sql_get_int(sql, 7);
    const char *text = sql_get_text(sql, 8);
    snprintf(row->progress_text, sizeof row->progress_text, "%s", text != NULL ? text : "");
    text = sql_get_text(sql, 9); /* of a running task there is no other error than that */
    snprintf(row->killed_by, sizeof row->killed_by, "%s", text != NULL ? text : "");
}

static bool leftovers_run(struct store_op *op, struct store_conn *conn)
{
    struct leftovers_op *leftovers = (struct leftovers_op *)op;
    leftovers->count = leftovers->room = 0;
    struct sql *sql = sql_begin(conn, leftovers->which);
    sql_text(sql, store_conn_config(conn)->state_dir_id);
    sql_text(sql, store_conn_config(conn)->node);
    sql_text(sql, store_conn_config(conn)->incarnation);
    bool ok = sql_run(sql);
    while (ok && sql_next(sql)) {
        read_leftover(sql, next_leftover(leftovers));
    }
    sql_end(sql);
    return ok;
}

static void leftovers_answer(struct store_op *op, enum store_result result)
{
    struct leftovers_op *leftovers = (struct leftovers_op *)op;
    bool ok = result == STORE_OK;
    leftovers->done(leftovers->arg, result, ok ? leftovers->rows : NULL, ok ? leftovers->count : 0);
}

static void submit_leftovers(struct store *store, const char *which, unsigned deadline_ms,
                             store_leftovers_fn done, void *arg)
{
    static const struct store_op_kind kind = {"leftovers", false, leftovers_run, leftovers_answer,
                                              NULL};
    struct leftovers_op *leftovers = store_op_new(store, &kind, sizeof *leftovers);
    leftovers->which = which;
    leftovers->done = done;
    leftovers->arg = arg;
    store_op_submit(&leftovers->op, deadline_ms);
}

/* A clock that was set back leaves times behind that have not come yet: they prove nothing. */
#define SELECT_RUNNING                                                                             \
    "SELECT id, uuid, type, attempt, crash_count, incarnation, cancel_requested_at, progress, "    \
    "progress_text, error, started_at, deleted_at, EXISTS (SELECT 1 FROM node WHERE "              \
    "node.incarnation = task.incarnation AND node.state_dir_id <> ? AND node.seen_at BETWEEN "     \
    "UTC_TIMESTAMP(6) - INTERVAL 20 SECOND AND UTC_TIMESTAMP(6) + INTERVAL 20 SECOND) "            \
    "FROM task WHERE status = 'running' AND node = ? "

void store_leftovers(struct store *store, store_leftovers_fn done, void *arg)
{
    submit_leftovers(store, SELECT_RUNNING "AND incarnation <> ? ORDER BY id", 0, done, arg);
}

void store_stop_requests(struct store *store, unsigned deadline_ms, store_leftovers_fn done,
                         void *arg)
{
    submit_leftovers(store,
                     SELECT_RUNNING "AND incarnation = ? AND cancel_requested_at IS NOT NULL",
                     deadline_ms, done, arg);
}

/* ---- counts ---- */

struct counts_op {
    struct store_op op;
    store_counts_fn done;
    void *arg;
    uint64_t counts[5];
};

static bool count_status(struct store_conn *conn, enum task_status status, uint64_t *count)
{
    struct sql *sql = sql_begin(conn, "SELECT COUNT(*) FROM (SELECT 1 FROM task WHERE status = ? "
                                      "AND deleted_at IS NULL LIMIT ?) some");
    sql_text(sql, task_status_name(status));
    sql_int(sql, COUNT_MAX);
    bool ok = sql_run(sql) && sql_next(sql);
    *count = ok ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

static bool counts_run(struct store_op *op, struct store_conn *conn)
{
    struct counts_op *counts = (struct counts_op *)op;
    for (enum task_status status = TASK_PENDING; status <= TASK_CANCELLED; status++) {
        if (!count_status(conn, status, &counts->counts[status])) {
            return false;
        }
    }
    return true;
}

static void counts_answer(struct store_op *op, enum store_result result)
{
    static const uint64_t none[5];
    struct counts_op *counts = (struct counts_op *)op;
    counts->done(counts->arg, result, result == STORE_OK ? counts->counts : none);
}

void store_task_counts(struct store *store, unsigned deadline_ms, store_counts_fn done, void *arg)
{
    static const struct store_op_kind kind = {"task_counts", false, counts_run, counts_answer,
                                              NULL};
    struct counts_op *counts = store_op_new(store, &kind, sizeof *counts);
    counts->done = done;
    counts->arg = arg;
    store_op_submit(&counts->op, deadline_ms);
}
