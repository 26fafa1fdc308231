/* SPDX-License-Identifier: MIT */
/* API tokens: rows of `session` that do not end by themselves, or only at their date. */
#include "supervisor/store_op.h"
#include "supervisor/store_sessions.h"

#include "supervisor/store_event.h"
#include "supervisor/store_rights.h"
#include "supervisor/store_user_row.h"
#include <string.h>

struct token_op {
    struct store_op op;
    store_token_fn done;
    void *arg;
    struct store_actor who;
    const char *user;
    struct store_token_new wanted; /* of one to remove: its id alone */
    /* what `run` finds out */
    struct store_found found;
    enum store_refusal refusal;
    struct store_token_row row;
};

static bool refuse(struct token_op *token, enum store_refusal refusal)
{
    token->op.result = STORE_CONFLICT;
    token->refusal = refusal;
    return true;
}

static void read_row(const struct sql *sql, struct store_arena *arena, struct store_token_row *row)
{
    *row = (struct store_token_row){.id = store_arena_text(arena, sql_get_text(sql, 0)),
                                    .name = store_arena_text(arena, sql_get_text(sql, 1)),
                                    .created_at_us = sql_get_time(sql, 2),
                                    .seen_at_us = sql_get_time(sql, 3),
                                    .expires_at_us = sql_get_time(sql, 4)};
}

static bool load(struct token_op *token, struct store_conn *conn)
{
    struct sql *sql =
        sql_begin(conn, "SELECT uuid, name, created_at, seen_at, expires_at FROM session "
                        "WHERE uuid = ? AND user_id = ? AND kind = 'api'");
    sql_text(sql, token->wanted.id);
    sql_uint(sql, token->found.row_id);
    bool ok = sql_run(sql);
    bool found = ok && sql_next(sql);
    if (found) {
        read_row(sql, &token->op.answers, &token->row);
    }
    sql_end(sql);
    token->op.result = found ? STORE_OK : STORE_NOT_FOUND;
    return ok;
}

static bool add_event(const struct token_op *token, struct store_conn *conn, const char *kind)
{
    const char *const names[] = {"user_id", "user", "token_id", "name"};
    const char *const values[] = {token->found.id, token->found.name, token->row.id,
                                  token->row.name};
    return store_event_add_global(conn, kind, &token->who, names, values, 4);
}

/* A token of a user is that user, so who makes one must have all his rights. */
static bool check_rights(struct token_op *token, struct store_conn *conn)
{
    struct store_rights actor, target;
    if (!store_rights_of_actor(conn, &token->op.answers, &token->who, &actor) ||
        !store_rights_of_user(conn, &token->op.answers, token->found.row_id, &target)) {
        return false;
    }
    return store_rights_cover(&actor, &target) || refuse(token, STORE_REFUSAL_RIGHTS);
}

/* ---- add ---- */

static bool check_room(struct token_op *token, struct store_conn *conn)
{
    struct sql *sql = sql_begin(
        conn, "SELECT COUNT(*) FROM session WHERE user_id = ? AND kind = 'api' AND uuid <> ?");
    sql_uint(sql, token->found.row_id);
    sql_text(sql, token->wanted.id);
    bool ok = sql_run(sql) && sql_next(sql);
    bool full = ok && sql_get_uint(sql, 0) >= STORE_TOKENS_MAX;
    sql_end(sql);
    return ok && (!full || refuse(token, STORE_REFUSAL_TOO_MANY));
}

static bool insert(const struct token_op *token, struct store_conn *conn)
{
    const struct store_token_new *wanted = &token->wanted;
    struct sql *sql = sql_begin(
        conn, "INSERT INTO session (uuid, user_id, kind, name, token_hash, created_at, seen_at, "
              "expires_at) VALUES (?, ?, 'api', ?, UNHEX(?), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), "
              "UTC_TIMESTAMP(6) + INTERVAL ? DAY) ON DUPLICATE KEY UPDATE id = session.id");
    sql_text(sql, wanted->id);
    sql_uint(sql, token->found.row_id);
    sql_text(sql, wanted->name);
    sql_text(sql, wanted->token_hash);
    sql_int_or_null(sql, wanted->days, 0);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static bool find_user(struct token_op *token, struct store_conn *conn)
{
    if (!store_user_row_find(conn, token->user, STORE_FIND_LOCKED, &token->found)) {
        return false;
    }
    token->op.result = token->found.row_id != 0 ? STORE_OK : STORE_NOT_FOUND;
    return true;
}

static bool add_run(struct store_op *op, struct store_conn *conn)
{
    struct token_op *token = (struct token_op *)op;
    bool ok = find_user(token, conn) && (op->result != STORE_OK || check_rights(token, conn)) &&
              (op->result != STORE_OK || check_room(token, conn));
    if (!ok || op->result != STORE_OK) {
        return ok;
    }
    return insert(token, conn) && load(token, conn) && add_event(token, conn, "token_created");
}

/* ---- remove ---- */

static bool delete_token(const struct token_op *token, struct store_conn *conn)
{
    struct sql *sql = sql_begin(conn, "DELETE FROM session WHERE uuid = ? AND kind = 'api'");
    sql_text(sql, token->wanted.id);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static bool remove_run(struct store_op *op, struct store_conn *conn)
{
    struct token_op *token = (struct token_op *)op;
    bool ok = find_user(token, conn) && (op->result != STORE_OK || load(token, conn)) &&
              (op->result != STORE_OK || check_rights(token, conn));
    if (!ok || op->result != STORE_OK) {
        return ok;
    }
    return delete_token(token, conn) && add_event(token, conn, "token_deleted");
}

/* ---- the calls ---- */

static void token_answer(struct store_op *op, enum store_result result)
{
    struct token_op *token = (struct token_op *)op;
    token->done(token->arg, result, result == STORE_CONFLICT ? token->refusal : STORE_REFUSAL_NONE,
                result == STORE_OK ? &token->row : NULL);
}

static void submit(struct token_op *token, const struct store_actor *who, store_token_fn done,
                   void *arg)
{
    token->done = done;
    token->arg = arg;
    token->who = store_op_actor(&token->op, who);
    store_op_submit(&token->op, who->deadline_ms);
}

void store_token_add(struct store *store, const struct store_token_new *wanted,
                     const struct store_actor *who, store_token_fn done, void *arg)
{
    static const struct store_op_kind kind = {"token_add", true, add_run, token_answer, NULL};
    struct token_op *token = store_op_new(store, &kind, sizeof *token);
    struct store_arena *arena = &token->op.arguments;
    token->wanted = *wanted;
    token->user = store_arena_text(arena, wanted->user);
    token->wanted.name = store_arena_text(arena, wanted->name);
    token->wanted.token_hash = store_arena_text(arena, wanted->token_hash);
    submit(token, who, done, arg);
}

void store_token_remove(struct store *store, const char *user, const char *token_id,
                        const struct store_actor *who, store_token_fn done, void *arg)
{
    static const struct store_op_kind kind = {"token_remove", true, remove_run, token_answer, NULL};
    struct token_op *token = store_op_new(store, &kind, sizeof *token);
    token->user = store_arena_text(&token->op.arguments, user);
    strncpy(token->wanted.id, token_id, sizeof token->wanted.id - 1);
    submit(token, who, done, arg);
}

/* ---- list ---- */

struct list_op {
    struct store_op op;
    store_tokens_fn done;
    void *arg;
    const char *user;
    struct store_token_row rows[STORE_TOKENS_MAX];
    size_t count;
};

static bool list_run(struct store_op *op, struct store_conn *conn)
{
    struct list_op *list = (struct list_op *)op;
    struct store_found user;
    list->count = 0;
    if (!store_user_row_find(conn, list->user, STORE_FIND_READ, &user)) {
        return false;
    }
    if (user.row_id == 0) {
        op->result = STORE_NOT_FOUND;
        return true;
    }
    struct sql *sql =
        sql_begin(conn, "SELECT uuid, name, created_at, seen_at, expires_at FROM session "
                        "WHERE user_id = ? AND kind = 'api' ORDER BY id DESC");
    sql_uint(sql, user.row_id);
    bool ok = sql_run(sql);
    while (ok && list->count < STORE_TOKENS_MAX && sql_next(sql)) {
        read_row(sql, &op->answers, &list->rows[list->count++]);
    }
    sql_end(sql);
    return ok;
}

static void list_answer(struct store_op *op, enum store_result result)
{
    struct list_op *list = (struct list_op *)op;
    bool ok = result == STORE_OK;
    list->done(list->arg, result, ok ? list->rows : NULL, ok ? list->count : 0);
}

void store_token_list(struct store *store, const char *user, unsigned deadline_ms,
                      store_tokens_fn done, void *arg)
{
    static const struct store_op_kind kind = {"token_list", false, list_run, list_answer, NULL};
    struct list_op *list = store_op_new(store, &kind, sizeof *list);
    list->done = done;
    list->arg = arg;
    list->user = store_arena_text(&list->op.arguments, user);
    store_op_submit(&list->op, deadline_ms);
}
