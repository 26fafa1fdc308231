/* SPDX-License-Identifier: MIT */
/* Signing in and out. */
#include "supervisor/store_op.h"
#include "supervisor/store_sessions.h"

#include "supervisor/store_event.h"
#include "supervisor/store_user_row.h"
#include <string.h>

#define SESSIONS_MAX 50 /* of one user's browsers; the oldest give way */

/* ---- find ---- */

struct find_op {
    struct store_op op;
    store_login_fn done;
    void *arg;
    const char *name;
    struct store_login_row row;
};

/* Columns: id, name, status, hash. The first row only. */
static void read_login(struct find_op *find, const struct sql *sql)
{
    struct store_arena *arena = &find->op.answers;
    find->row =
        (struct store_login_row){.id = store_arena_text(arena, sql_get_text(sql, 0)),
                                 .username = store_arena_text(arena, sql_get_text(sql, 1)),
                                 .status = store_arena_text(arena, sql_get_text(sql, 2)),
                                 .password_hash = store_arena_text(arena, sql_get_text(sql, 3))};
}

static bool find_by_name(struct find_op *find, struct store_conn *conn)
{
    struct sql *sql = sql_begin(conn, "SELECT uuid, username, status, password_hash FROM user "
                                      "WHERE username = ? AND deleted_at IS NULL "
                                      "AND status <> 'deleted'");
    sql_text(sql, find->name);
    bool ok = sql_run(sql);
    /* The comparison of the database overlooks blanks at the end. */
    if (ok && sql_next(sql) && strcmp(sql_get_text(sql, 1), find->name) == 0) {
        read_login(find, sql);
    }
    sql_end(sql);
    return ok;
}

/* The index finds addresses that are alike; only one that is the same but for its case counts, and
 * only if no other user has it too. */
static bool find_by_email(struct find_op *find, struct store_conn *conn)
{
    unsigned count = 0;
    struct sql *sql = sql_begin(conn, "SELECT uuid, username, status, password_hash, email "
                                      "FROM user WHERE email = ? AND deleted_at IS NULL "
                                      "AND status <> 'deleted' LIMIT 16");
    sql_text(sql, find->name);
    bool ok = sql_run(sql);
    while (ok && sql_next(sql)) {
        if (strcasecmp(sql_get_text(sql, 4), find->name) == 0 && ++count == 1) {
            read_login(find, sql);
        }
    }
    sql_end(sql);
    if (count > 1) {
        find->row = (struct store_login_row){.id = NULL};
    }
    return ok;
}

static bool find_run(struct store_op *op, struct store_conn *conn)
{
    struct find_op *find = (struct find_op *)op;
    find->row = (struct store_login_row){.id = NULL};
    bool ok = find_by_name(find, conn) &&
              (find->row.id != NULL || find->name[0] == '\0' || find_by_email(find, conn));
    op->result = find->row.id != NULL ? STORE_OK : STORE_NOT_FOUND;
    return ok;
}

static void find_answer(struct store_op *op, enum store_result result)
{
    struct find_op *find = (struct find_op *)op;
    find->done(find->arg, result, result == STORE_OK ? &find->row : NULL);
}

void store_login_find(struct store *store, const char *name, unsigned deadline_ms,
                      store_login_fn done, void *arg)
{
    static const struct store_op_kind kind = {"login_find", false, find_run, find_answer, NULL};
    struct find_op *find = store_op_new(store, &kind, sizeof *find);
    find->done = done;
    find->arg = arg;
    find->name = store_arena_text(&find->op.arguments, name);
    store_op_submit(&find->op, deadline_ms);
}

/* ---- sign in ---- */

struct sign_in_op {
    struct store_op op;
    store_signed_in_fn done;
    void *arg;
    struct store_session_new session;
    struct store_user_row user;
    int64_t expires_at_us;
};

/* What was checked must still be so, or a session would outlive the change that ended all. */
static bool lock_user(const struct sign_in_op *sign_in, struct store_conn *conn, uint64_t *row_id)
{
    struct sql *sql =
        sql_begin(conn, "SELECT id FROM user WHERE uuid = ? AND password_hash = ? AND "
                        "status IN ('active', 'password_expired') AND deleted_at IS NULL "
                        "FOR UPDATE");
    sql_text(sql, sign_in->session.user_id);
    sql_text(sql, sign_in->session.password_hash);
    bool ok = sql_run(sql);
    *row_id = ok && sql_next(sql) ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

static bool insert_session(const struct sign_in_op *sign_in, struct store_conn *conn,
                           uint64_t user_id)
{
    const struct store_session_new *session = &sign_in->session;
    struct sql *sql = sql_begin(
        conn, "INSERT INTO session (uuid, user_id, kind, token_hash, address, user_agent, "
              "created_at, seen_at, expires_at) VALUES (?, ?, 'browser', UNHEX(?), "
              "COALESCE(?, ''), COALESCE(?, ''), ?, ?, ?) ON DUPLICATE KEY UPDATE id = session.id");
    int64_t now = sign_in->expires_at_us - (int64_t)session->lifetime_s * 1000000;
    sql_text(sql, session->id);
    sql_uint(sql, user_id);
    sql_text(sql, session->token_hash);
    sql_text(sql, session->address);
    sql_text(sql, session->user_agent);
    sql_time(sql, now);
    sql_time(sql, now);
    sql_time(sql, sign_in->expires_at_us);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

/* Row ids grow with time: everything before the SESSIONS_MAX-th newest goes. */
static bool limit_sessions(struct store_conn *conn, uint64_t user_id)
{
    struct sql *sql = sql_begin(conn, "SELECT id FROM session WHERE user_id = ? AND "
                                      "kind = 'browser' ORDER BY id DESC LIMIT 1 OFFSET ?");
    sql_uint(sql, user_id);
    sql_uint(sql, SESSIONS_MAX);
    bool ok = sql_run(sql);
    uint64_t last = ok && sql_next(sql) ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    if (!ok || last == 0) {
        return ok;
    }
    sql = sql_begin(conn, "DELETE FROM session WHERE user_id = ? AND kind = 'browser' AND id <= ?");
    sql_uint(sql, user_id);
    sql_uint(sql, last);
    ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static bool note_login(const struct sign_in_op *sign_in, struct store_conn *conn, uint64_t user_id)
{
    const struct store_actor who = {.id = sign_in->session.user_id,
                                    .address = sign_in->session.address};
    const char *const names[] = {"user", "session_id"};
    const char *const values[] = {sign_in->user.username, sign_in->session.id};
    struct sql *sql = sql_begin(conn, "UPDATE user SET last_login = UTC_TIMESTAMP(6) WHERE id = ?");
    sql_uint(sql, user_id);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok && store_event_add_global(conn, "signed_in", &who, names, values, 2);
}

static bool sign_in_run(struct store_op *op, struct store_conn *conn)
{
    struct sign_in_op *sign_in = (struct sign_in_op *)op;
    uint64_t user_id;
    int64_t now;
    if (!lock_user(sign_in, conn, &user_id) || !store_conn_now(conn, &now)) {
        return false;
    }
    if (user_id == 0) {
        op->result = STORE_CONFLICT;
        return true;
    }
    sign_in->expires_at_us = now + (int64_t)sign_in->session.lifetime_s * 1000000;
    return insert_session(sign_in, conn, user_id) && limit_sessions(conn, user_id) &&
           store_user_row_load(conn, &op->answers, user_id, &sign_in->user) &&
           note_login(sign_in, conn, user_id);
}

static void sign_in_answer(struct store_op *op, enum store_result result)
{
    struct sign_in_op *sign_in = (struct sign_in_op *)op;
    bool ok = result == STORE_OK;
    sign_in->done(sign_in->arg, result, ok ? &sign_in->user : NULL,
                  ok ? sign_in->expires_at_us : 0);
}

void store_sign_in(struct store *store, const struct store_session_new *session,
                   unsigned deadline_ms, store_signed_in_fn done, void *arg)
{
    static const struct store_op_kind kind = {"sign_in", true, sign_in_run, sign_in_answer, NULL};
    struct sign_in_op *sign_in = store_op_new(store, &kind, sizeof *sign_in);
    struct store_arena *arena = &sign_in->op.arguments;
    sign_in->done = done;
    sign_in->arg = arg;
    sign_in->session = *session;
    sign_in->session.user_id = store_arena_text(arena, session->user_id);
    sign_in->session.password_hash = store_arena_text(arena, session->password_hash);
    sign_in->session.token_hash = store_arena_text(arena, session->token_hash);
    sign_in->session.address = store_arena_text(arena, session->address);
    sign_in->session.user_agent = store_arena_text(arena, session->user_agent);
    store_op_submit(&sign_in->op, deadline_ms);
}

/* ---- in vain ---- */

struct failure_op {
    struct store_op op;
    store_done_fn done;
    void *arg;
    struct store_sign_in_failure failure;
};

static bool failure_run(struct store_op *op, struct store_conn *conn)
{
    const struct store_sign_in_failure *failure = &((struct failure_op *)op)->failure;
    const struct store_actor who = {.id = failure->user_id != NULL ? failure->user_id : "",
                                    .address = failure->address};
    const char *const names[] = {"user", "reason"};
    const char *const values[] = {failure->username, failure->reason};
    return store_event_add_global(conn, "sign_in_failed", &who, names, values, 2);
}

static void failure_answer(struct store_op *op, enum store_result result)
{
    struct failure_op *failure = (struct failure_op *)op;
    failure->done(failure->arg, result);
}

void store_sign_in_failed(struct store *store, const struct store_sign_in_failure *failure,
                          unsigned deadline_ms, store_done_fn done, void *arg)
{
    static const struct store_op_kind kind = {"sign_in_failed", true, failure_run, failure_answer,
                                              NULL};
    struct failure_op *op = store_op_new(store, &kind, sizeof *op);
    struct store_arena *arena = &op->op.arguments;
    op->done = done;
    op->arg = arg;
    op->failure =
        (struct store_sign_in_failure){.user_id = store_arena_text(arena, failure->user_id),
                                       .username = store_arena_text(arena, failure->username),
                                       .reason = store_arena_text(arena, failure->reason),
                                       .address = store_arena_text(arena, failure->address)};
    store_op_submit(&op->op, deadline_ms);
}

/* ---- sign out ---- */

struct sign_out_op {
    struct store_op op;
    store_done_fn done;
    void *arg;
    const char *session_id;
    struct store_actor who;
};

static bool sign_out_run(struct store_op *op, struct store_conn *conn)
{
    const struct sign_out_op *sign_out = (struct sign_out_op *)op;
    const char *const names[] = {"session_id"};
    const char *const values[] = {sign_out->session_id};
    struct sql *sql = sql_begin(conn, "DELETE FROM session WHERE uuid = ? AND kind = 'browser'");
    sql_text(sql, sign_out->session_id);
    bool ok = sql_run(sql);
    bool ended = sql_affected(sql) > 0;
    sql_end(sql);
    return ok &&
           (!ended || store_event_add_global(conn, "signed_out", &sign_out->who, names, values, 1));
}

static void sign_out_answer(struct store_op *op, enum store_result result)
{
    struct sign_out_op *sign_out = (struct sign_out_op *)op;
    sign_out->done(sign_out->arg, result);
}

void store_sign_out(struct store *store, const char *session_id, const struct store_actor *who,
                    store_done_fn done, void *arg)
{
    static const struct store_op_kind kind = {"sign_out", true, sign_out_run, sign_out_answer,
                                              NULL};
    struct sign_out_op *sign_out = store_op_new(store, &kind, sizeof *sign_out);
    sign_out->done = done;
    sign_out->arg = arg;
    sign_out->session_id = store_arena_text(&sign_out->op.arguments, session_id);
    sign_out->who = store_op_actor(&sign_out->op, who);
    store_op_submit(&sign_out->op, who->deadline_ms);
}
