/* SPDX-License-Identifier: MIT */
/* Sessions and API tokens while they last: found by their token, marked as used, swept away. */
#include "supervisor/store_op.h"
#include "supervisor/store_sessions.h"

#include "supervisor/store_user_row.h"
#include <string.h>

#define SWEEP_ROWS 1000

/* ---- find ---- */

struct find_op {
    struct store_op op;
    store_session_fn done;
    void *arg;
    const char *token_hash;
    struct store_session_row row;
};

static bool read_session(struct find_op *find, struct store_conn *conn, uint64_t *user_id)
{
    struct sql *sql = sql_begin(conn, "SELECT id, uuid, kind, user_id, UTC_TIMESTAMP(6), seen_at, "
                                      "expires_at FROM session WHERE token_hash = UNHEX(?)");
    sql_text(sql, find->token_hash);
    bool ok = sql_run(sql);
    *user_id = 0;
    if (ok && sql_next(sql)) {
        find->row = (struct store_session_row){
            .row_id = sql_get_uint(sql, 0),
            .id = store_arena_text(&find->op.answers, sql_get_text(sql, 1)),
            .is_token = strcmp(sql_get_text(sql, 2), "api") == 0,
            .now_us = sql_get_time(sql, 4),
            .seen_at_us = sql_get_time(sql, 5),
            .expires_at_us = sql_get_time(sql, 6)};
        *user_id = sql_get_uint(sql, 3);
    }
    sql_end(sql);
    return ok;
}

static bool find_run(struct store_op *op, struct store_conn *conn)
{
    struct find_op *find = (struct find_op *)op;
    uint64_t user_id;
    if (!read_session(find, conn, &user_id)) {
        return false;
    }
    find->row.user.id = NULL;
    bool ok = user_id == 0 || store_user_row_load(conn, &op->answers, user_id, &find->row.user);
    op->result = find->row.user.id != NULL ? STORE_OK : STORE_NOT_FOUND;
    return ok;
}

static void find_answer(struct store_op *op, enum store_result result)
{
    struct find_op *find = (struct find_op *)op;
    find->done(find->arg, result, result == STORE_OK ? &find->row : NULL);
}

void store_session_find(struct store *store, const char *token_hash, unsigned deadline_ms,
                        store_session_fn done, void *arg)
{
    static const struct store_op_kind kind = {"session_find", false, find_run, find_answer, NULL};
    struct find_op *find = store_op_new(store, &kind, sizeof *find);
    find->done = done;
    find->arg = arg;
    find->token_hash = store_arena_text(&find->op.arguments, token_hash);
    store_op_submit(&find->op, deadline_ms);
}

/* ---- touch ---- */

struct touch_op {
    struct store_op op;
    uint64_t *row_ids;
    size_t count;
};

static bool touch_run(struct store_op *op, struct store_conn *conn)
{
    const struct touch_op *touch = (struct touch_op *)op;
    bool ok = true;
    for (size_t i = 0; ok && i < touch->count; i += SQL_LIST_MAX) {
        size_t left = touch->count - i;
        size_t count = left < SQL_LIST_MAX ? left : SQL_LIST_MAX;
        struct sql *sql = sql_begin_list(
            conn, "UPDATE session SET seen_at = UTC_TIMESTAMP(6) WHERE id IN", count, "");
        sql_id_list(sql, &touch->row_ids[i], count);
        ok = sql_run(sql);
        sql_end(sql);
    }
    return ok;
}

static void ignore_answer(struct store_op *op, enum store_result result)
{
    (void)op;
    (void)result;
}

void store_session_touch(struct store *store, const uint64_t *row_ids, size_t count)
{
    static const struct store_op_kind kind = {"session_touch", true, touch_run, ignore_answer,
                                              NULL};
    struct touch_op *touch = store_op_new(store, &kind, sizeof *touch);
    touch->count = count;
    touch->row_ids = store_arena_get(&touch->op.arguments, count + 1, sizeof *touch->row_ids);
    if (count > 0) {
        memcpy(touch->row_ids, row_ids, count * sizeof *touch->row_ids);
    }
    store_op_submit(&touch->op, 0);
}

/* ---- sweep ---- */

struct sweep_op {
    struct store_op op;
    unsigned idle_s;
};

static bool delete_some(struct sql *sql)
{
    sql_int(sql, SWEEP_ROWS);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static bool sweep_run(struct store_op *op, struct store_conn *conn)
{
    const struct sweep_op *sweep = (struct sweep_op *)op;
    struct sql *idle = sql_begin(conn, "DELETE FROM session WHERE kind = 'browser' AND "
                                       "seen_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND LIMIT ?");
    sql_uint(idle, sweep->idle_s);
    return delete_some(idle) &&
           delete_some(sql_begin(conn, "DELETE FROM session WHERE expires_at <= UTC_TIMESTAMP(6) "
                                       "LIMIT ?"));
}

void store_session_sweep(struct store *store, unsigned idle_s)
{
    static const struct store_op_kind kind = {"session_sweep", true, sweep_run, ignore_answer,
                                              NULL};
    struct sweep_op *sweep = store_op_new(store, &kind, sizeof *sweep);
    sweep->idle_s = idle_s;
    store_op_submit(&sweep->op, 0);
}
