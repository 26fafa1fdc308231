/* SPDX-License-Identifier: MIT */
/* Changes to users. The trail says who changed whom; no password, hashed or not, ever gets into it.
 */
#include "supervisor/store_op.h"

#include "supervisor/store_event.h"
#include "supervisor/store_sql.h"

struct user_op {
    struct store_op op;
    store_done_fn done;
    void *arg;
    const char *user; /* name or id of an existing one */
    const char *role;
    const char *password_hash;
    const char *actor;
    struct store_user_new wanted;
};

static bool find_one(struct sql *sql, uint64_t *row_id)
{
    bool ok = sql_run(sql);
    *row_id = ok && sql_next(sql) ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

static bool find_role(struct store_conn *conn, const char *name, uint64_t *row_id)
{
    struct sql *sql = sql_begin(conn, "SELECT id FROM role WHERE name = ? AND is_global = 1");
    sql_text(sql, name);
    return find_one(sql, row_id);
}

/* An id comes before a name that looks like it. */
static bool find_user(struct store_conn *conn, const char *user, uint64_t *row_id)
{
    struct sql *sql = sql_begin(
        conn, "SELECT id FROM user WHERE (uuid = ? OR username = ?) AND deleted_at IS NULL "
              "ORDER BY uuid = ? DESC LIMIT 1 FOR UPDATE");
    sql_text(sql, user);
    sql_text(sql, user);
    sql_text(sql, user);
    return find_one(sql, row_id);
}

/* Gives a user exactly one role. */
static bool write_role(struct store_conn *conn, uint64_t user_id, uint64_t role_id)
{
    struct sql *sql = sql_begin(conn, "DELETE FROM user_role WHERE user_id = ?");
    sql_uint(sql, user_id);
    bool ok = sql_run(sql);
    sql_end(sql);
    sql = sql_begin(conn, "INSERT INTO user_role (user_id, role_id) VALUES (?, ?)");
    sql_uint(sql, user_id);
    sql_uint(sql, role_id);
    ok = sql_run(sql) && ok;
    sql_end(sql);
    return ok;
}

static bool add_event(const struct user_op *user, struct store_conn *conn, const char *kind,
                      const char *name)
{
    const char *const names[] = {"user", "role"};
    const char *const values[] = {name, user->role};
    return store_event_add_global(conn, kind, user->actor, names, values, 2);
}

/* ---- add ---- */

/* *taken is true if another user has that name; the same user, from an earlier call with the same
 * id, is no obstacle. */
static bool insert_user(struct store_conn *conn, const struct store_user_new *wanted,
                        uint64_t *row_id, bool *taken)
{
    struct sql *sql = sql_begin(
        conn,
        "INSERT INTO user (uuid, username, email, full_name, password_hash, password_changed_at, "
        "created_at, updated_at) VALUES (?, ?, ?, ?, ?, IF(? IS NULL, NULL, UTC_TIMESTAMP(6)), "
        "UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE id = user.id");
    sql_text(sql, wanted->id);
    sql_text(sql, wanted->username);
    sql_text(sql, wanted->email);
    sql_text(sql, wanted->full_name);
    sql_text(sql, wanted->password_hash);
    sql_text(sql, wanted->password_hash);
    bool ok = sql_run(sql);
    sql_end(sql);
    sql = sql_begin(conn, "SELECT id FROM user WHERE uuid = ? AND username = ?");
    sql_text(sql, wanted->id);
    sql_text(sql, wanted->username);
    ok = find_one(sql, row_id) && ok;
    *taken = *row_id == 0;
    return ok;
}

static bool add_run(struct store_op *op, struct store_conn *conn)
{
    const struct user_op *user = (struct user_op *)op;
    uint64_t role_id, user_id;
    bool taken;
    if (!find_role(conn, user->role, &role_id)) {
        return false;
    }
    if (role_id == 0) {
        op->result = STORE_NOT_FOUND;
        return true;
    }
    if (!insert_user(conn, &user->wanted, &user_id, &taken)) {
        return false;
    }
    if (taken) {
        op->result = STORE_CONFLICT;
        return true;
    }
    return write_role(conn, user_id, role_id) &&
           add_event(user, conn, "user_added", user->wanted.username);
}

/* ---- password ---- */

static bool password_run(struct store_op *op, struct store_conn *conn)
{
    const struct user_op *user = (struct user_op *)op;
    uint64_t user_id;
    if (!find_user(conn, user->user, &user_id)) {
        return false;
    }
    if (user_id == 0) {
        op->result = STORE_NOT_FOUND;
        return true;
    }
    struct sql *sql = sql_begin(
        conn, "UPDATE user SET password_hash = ?, password_changed_at = UTC_TIMESTAMP(6), "
              "updated_at = UTC_TIMESTAMP(6) WHERE id = ?");
    sql_text(sql, user->password_hash);
    sql_uint(sql, user_id);
    bool ok = sql_run(sql);
    sql_end(sql);
    sql = sql_begin(conn, "DELETE FROM session WHERE user_id = ?");
    sql_uint(sql, user_id);
    ok = sql_run(sql) && ok;
    sql_end(sql);
    return ok && add_event(user, conn, "user_password_set", user->user);
}

/* ---- role ---- */

static bool role_run(struct store_op *op, struct store_conn *conn)
{
    const struct user_op *user = (struct user_op *)op;
    uint64_t user_id, role_id;
    if (!find_user(conn, user->user, &user_id) || !find_role(conn, user->role, &role_id)) {
        return false;
    }
    if (user_id == 0 || role_id == 0) {
        op->result = STORE_NOT_FOUND;
        return true;
    }
    return write_role(conn, user_id, role_id) && add_event(user, conn, "user_role_set", user->user);
}

static void user_answer(struct store_op *op, enum store_result result)
{
    struct user_op *user = (struct user_op *)op;
    user->done(user->arg, result);
}

static struct user_op *new_user_op(struct store *store, const struct store_op_kind *kind,
                                   const char *actor)
{
    struct user_op *user = store_op_new(store, kind, sizeof *user);
    user->actor = store_arena_text(&user->op.arguments, actor);
    return user;
}

static void submit(struct user_op *user, unsigned deadline_ms, store_done_fn done, void *arg)
{
    user->done = done;
    user->arg = arg;
    store_op_submit(&user->op, deadline_ms);
}

void store_user_add(struct store *store, const struct store_user_new *wanted, const char *actor,
                    unsigned deadline_ms, store_done_fn done, void *arg)
{
    static const struct store_op_kind kind = {"user_add", true, add_run, user_answer, NULL};
    struct user_op *user = new_user_op(store, &kind, actor);
    struct store_arena *arena = &user->op.arguments;
    user->wanted = *wanted;
    user->wanted.username = store_arena_text(arena, wanted->username);
    user->wanted.email = store_arena_text(arena, wanted->email != NULL ? wanted->email : "");
    user->wanted.full_name =
        store_arena_text(arena, wanted->full_name != NULL ? wanted->full_name : "");
    user->wanted.password_hash = store_arena_text(arena, wanted->password_hash);
    user->role = store_arena_text(arena, wanted->role);
    submit(user, deadline_ms, done, arg);
}

void store_user_set_password(struct store *store, const char *name, const char *password_hash,
                             const char *actor, unsigned deadline_ms, store_done_fn done, void *arg)
{
    static const struct store_op_kind kind = {"user_set_password", true, password_run, user_answer,
                                              NULL};
    struct user_op *user = new_user_op(store, &kind, actor);
    user->user = store_arena_text(&user->op.arguments, name);
    user->password_hash = store_arena_text(&user->op.arguments, password_hash);
    submit(user, deadline_ms, done, arg);
}

void store_user_set_role(struct store *store, const char *name, const char *role, const char *actor,
                         unsigned deadline_ms, store_done_fn done, void *arg)
{
    static const struct store_op_kind kind = {"user_set_role", true, role_run, user_answer, NULL};
    struct user_op *user = new_user_op(store, &kind, actor);
    user->user = store_arena_text(&user->op.arguments, name);
    user->role = store_arena_text(&user->op.arguments, role);
    submit(user, deadline_ms, done, arg);
}
