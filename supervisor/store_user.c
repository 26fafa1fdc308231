/* SPDX-License-Identifier: MIT */
/* Changes to users. The trail says who changed whom; no password, hashed or not, ever gets into it.
 */
#include "supervisor/store_op.h"
#include "supervisor/store_users.h"

#include "supervisor/store_event.h"
#include "supervisor/store_rights.h"
#include "supervisor/store_user_row.h"
#include <string.h>

#define ROLES_MAX 64 /* of one user; checked by the caller */

struct user_op {
    struct store_op op;
    store_user_fn done;
    void *arg;
    struct store_actor who;
    const char *user; /* name or id of one that exists */
    struct store_user_new wanted;
    struct store_user_change change;
    /* what `run` finds out */
    struct store_found found;
    struct store_rights actor;
    uint64_t role_ids[ROLES_MAX];
    enum store_refusal refusal;
    struct store_user_row row;
};

static bool refuse(struct user_op *user, enum store_refusal refusal)
{
    user->op.result = STORE_CONFLICT;
    user->refusal = refusal;
    return true;
}

static bool count_one(struct sql *sql, bool *any)
{
    bool ok = sql_run(sql);
    *any = ok && sql_next(sql);
    sql_end(sql);
    return ok;
}

static bool add_event(const struct user_op *user, struct store_conn *conn, const char *kind,
                      const char *roles)
{
    const char *const names[] = {"user_id", "user", "roles"};
    const char *const values[] = {user->found.id, user->found.name, roles};
    return store_event_add_global(conn, kind, &user->who, names, values, 3);
}

/* ---- roles ---- */

static bool holds_role(struct store_conn *conn, uint64_t user_id, uint64_t role_id, bool *holds)
{
    struct sql *sql = sql_begin(conn, "SELECT 1 FROM user_role WHERE user_id = ? AND role_id = ?");
    sql_uint(sql, user_id);
    sql_uint(sql, role_id);
    return count_one(sql, holds);
}

/* Finds the roles and whether the caller may give them: those that the user has already are no
 * gift. */
static bool check_roles(struct user_op *user, struct store_conn *conn, const char *const names[],
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct store_found role;
        struct store_rights rights;
        bool held = false;
        if (!store_role_row_find(conn, names[i], &role)) {
            return false;
        }
        if (role.row_id == 0) {
            return refuse(user, STORE_REFUSAL_NO_ROLE);
        }
        user->role_ids[i] = role.row_id;
        if (!holds_role(conn, user->found.row_id, role.row_id, &held) ||
            !store_rights_of_role(conn, &user->op.answers, role.row_id, &rights)) {
            return false;
        }
        if (!held && !store_rights_cover(&user->actor, &rights)) {
            return refuse(user, STORE_REFUSAL_RIGHTS);
        }
    }
    return true;
}

static bool write_roles(const struct user_op *user, struct store_conn *conn, size_t count)
{
    bool ok = sql_run_with_key(sql_begin(conn, "DELETE FROM user_role WHERE user_id = ?"),
                               user->found.row_id);
    for (size_t i = 0; ok && i < count; i++) {
        struct sql *sql = sql_begin(conn, "INSERT INTO user_role (user_id, role_id) VALUES (?, ?) "
                                          "ON DUPLICATE KEY UPDATE role_id = user_role.role_id");
        sql_uint(sql, user->found.row_id);
        ok = sql_run_with_key(sql, user->role_ids[i]);
    }
    return ok;
}

static const char *join(struct store_arena *arena, const char *const names[], size_t count)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++) {
        size += strlen(names[i]) + 1;
    }
    char *joined = store_arena_get(arena, size, 1), *to = joined;
    for (size_t i = 0; i < count; i++) {
        to = stpcpy(i > 0 ? stpcpy(to, ",") : to, names[i]);
    }
    return joined;
}

/* ---- add ---- */

/* Another user has that name, or one that looks the same but for its case. The same user, from an
 * earlier run of this call, is no obstacle. */
static bool is_taken(const struct store_user_new *wanted, struct store_conn *conn, bool *taken)
{
    struct sql *sql = sql_begin(
        conn, "SELECT 1 FROM user WHERE username_folded = LOWER(?) AND uuid <> ? LIMIT 1");
    sql_text(sql, wanted->username);
    sql_text(sql, wanted->id);
    return count_one(sql, taken);
}

static bool insert_user(const struct store_user_new *wanted, struct store_conn *conn)
{
    struct sql *sql = sql_begin(
        conn, "INSERT INTO user (uuid, username, email, full_name, phone, avatar, password_hash, "
              "password_changed_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, "
              "IF(? IS NULL, NULL, UTC_TIMESTAMP(6)), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)) "
              "ON DUPLICATE KEY UPDATE id = user.id");
    const char *const values[] = {
        wanted->id,    wanted->username, wanted->email,         wanted->full_name,
        wanted->phone, wanted->avatar,   wanted->password_hash, wanted->password_hash};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        sql_text(sql, values[i]);
    }
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static bool add_run(struct store_op *op, struct store_conn *conn)
{
    struct user_op *user = (struct user_op *)op;
    const struct store_user_new *wanted = &user->wanted;
    bool taken;
    user->found = (struct store_found){.row_id = 0};
    if (!store_rights_of_actor(conn, &op->answers, &user->who, &user->actor) ||
        !check_roles(user, conn, wanted->roles, wanted->role_count)) {
        return false;
    }
    if (op->result != STORE_OK) {
        return true;
    }
    if (!is_taken(wanted, conn, &taken)) {
        return false;
    }
    if (taken) {
        return refuse(user, STORE_REFUSAL_NAME_TAKEN);
    }
    return insert_user(wanted, conn) &&
           store_user_row_find(conn, wanted->id, STORE_FIND_LOCKED, &user->found) &&
           write_roles(user, conn, wanted->role_count) &&
           add_event(user, conn, "user_created",
                     join(&op->answers, wanted->roles, wanted->role_count)) &&
           store_user_row_load(conn, &op->answers, user->found.row_id, &user->row);
}

/* ---- change ---- */

static bool names_admin(const struct store_user_change *change)
{
    for (size_t i = 0; i < change->role_count; i++) {
        if (strcmp(change->roles[i], STORE_ROLE_ADMIN) == 0) {
            return true;
        }
    }
    return false;
}

/* He is not active any more. */
static bool is_disabling(const struct user_op *user)
{
    return user->change.status != NULL && strcmp(user->change.status, STORE_USER_ACTIVE) != 0;
}

/* Would this leave nobody who may do everything? */
static bool check_last_admin(struct user_op *user, struct store_conn *conn,
                             const struct store_rights *target)
{
    bool demotes = user->change.roles != NULL && !names_admin(&user->change);
    bool others;
    if (!target->all || strcmp(user->found.status, STORE_USER_ACTIVE) != 0 ||
        (!is_disabling(user) && !demotes)) {
        return true;
    }
    struct sql *sql = sql_begin(
        conn, "SELECT 1 FROM user JOIN user_role ON user_role.user_id = user.id "
              "JOIN role ON role.id = user_role.role_id AND role.is_global = 1 "
              "WHERE role.name = 'admin' AND user.status = 'active' AND user.deleted_at IS NULL "
              "AND user.id <> ? LIMIT 1 FOR UPDATE");
    sql_uint(sql, user->found.row_id);
    if (!count_one(sql, &others)) {
        return false;
    }
    return others || refuse(user, STORE_REFUSAL_LAST_ADMIN);
}

/* He has proven the old one (sign_in.c), and needs no other right. */
static bool is_own_password(const struct user_op *user)
{
    const struct store_user_change *change = &user->change;

    return change->password_hash != NULL && change->roles == NULL && change->status == NULL &&
           strcmp(user->who.id, user->found.id) == 0;
}

static const char *new_status(const struct user_op *user)
{
    bool was_expired = strcmp(user->found.status, STORE_USER_PASSWORD_EXPIRED) == 0;

    return was_expired && is_own_password(user) ? STORE_USER_ACTIVE : user->change.status;
}

/* A user with his password is a user with his rights, so who sets one must have them all. */
static bool check_change(struct user_op *user, struct store_conn *conn)
{
    const struct store_user_change *change = &user->change;
    struct store_rights target;
    if (is_own_password(user)) {
        return true;
    }
    if (!store_rights_of_actor(conn, &user->op.answers, &user->who, &user->actor) ||
        !store_rights_of_user(conn, &user->op.answers, user->found.row_id, &target)) {
        return false;
    }
    if ((target.all && !user->actor.all) ||
        (change->password_hash != NULL && !store_rights_cover(&user->actor, &target))) {
        return refuse(user, STORE_REFUSAL_RIGHTS);
    }
    return (change->roles == NULL || check_roles(user, conn, change->roles, change->role_count)) &&
           (user->op.result != STORE_OK || check_last_admin(user, conn, &target));
}

static bool write_columns(const struct user_op *user, struct store_conn *conn)
{
    const struct store_user_change *change = &user->change;
    struct sql *sql = sql_begin(
        conn, "UPDATE user SET email = COALESCE(?, email), full_name = COALESCE(?, full_name), "
              "phone = COALESCE(?, phone), avatar = COALESCE(?, avatar), "
              "status = COALESCE(?, status), password_hash = COALESCE(?, password_hash), "
              "password_changed_at = IF(? IS NULL, password_changed_at, UTC_TIMESTAMP(6)), "
              "updated_at = UTC_TIMESTAMP(6) WHERE id = ?");
    const char *const values[] = {change->email,        change->full_name, change->phone,
                                  change->avatar,       new_status(user),  change->password_hash,
                                  change->password_hash};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        sql_text(sql, values[i]);
    }
    return sql_run_with_key(sql, user->found.row_id);
}

static const char *status_event(const char *status)
{
    if (strcmp(status, STORE_USER_PASSWORD_EXPIRED) == 0) {
        return "password_expired";
    }
    return strcmp(status, STORE_USER_ACTIVE) == 0 ? "user_enabled" : "user_disabled";
}

/* One line for each thing that an administrator would look for. */
static bool add_events(struct user_op *user, struct store_conn *conn)
{
    const struct store_user_change *change = &user->change;
    bool ok = true;
    if (change->status != NULL && strcmp(change->status, user->found.status) != 0) {
        ok = add_event(user, conn, status_event(change->status), NULL);
    }
    if (change->password_hash != NULL) {
        ok = ok && add_event(user, conn, "password_changed", NULL);
    }
    if (change->roles != NULL) {
        ok = ok && add_event(user, conn, "user_changed",
                             join(&user->op.answers, change->roles, change->role_count));
    } else if (change->email != NULL || change->full_name != NULL || change->phone != NULL ||
               change->avatar != NULL) {
        ok = ok && add_event(user, conn, "user_changed", NULL);
    }
    return ok;
}

static bool write_change(struct user_op *user, struct store_conn *conn)
{
    const struct store_user_change *change = &user->change;
    bool ends_sessions =
        change->roles != NULL || change->password_hash != NULL || is_disabling(user);
    return write_columns(user, conn) &&
           (change->roles == NULL || write_roles(user, conn, change->role_count)) &&
           (!ends_sessions ||
            sql_run_with_key(sql_begin(conn, "DELETE FROM session WHERE user_id = ?"),
                             user->found.row_id)) &&
           add_events(user, conn) &&
           store_user_row_load(conn, &user->op.answers, user->found.row_id, &user->row);
}

static bool change_run(struct store_op *op, struct store_conn *conn)
{
    struct user_op *user = (struct user_op *)op;
    if (!store_user_row_find(conn, user->user, STORE_FIND_LOCKED, &user->found)) {
        return false;
    }
    if (user->found.row_id == 0) {
        op->result = STORE_NOT_FOUND;
        return true;
    }
    return check_change(user, conn) && (op->result != STORE_OK || write_change(user, conn));
}

/* ---- the calls ---- */

static void user_answer(struct store_op *op, enum store_result result)
{
    struct user_op *user = (struct user_op *)op;
    user->done(user->arg, result, result == STORE_CONFLICT ? user->refusal : STORE_REFUSAL_NONE,
               result == STORE_OK ? &user->row : NULL);
}

static struct user_op *new_user_op(struct store *store, const struct store_op_kind *kind,
                                   const struct store_actor *who)
{
    struct user_op *user = store_op_new(store, kind, sizeof *user);
    user->who = store_op_actor(&user->op, who);
    return user;
}

static void submit(struct user_op *user, const struct store_actor *who, store_user_fn done,
                   void *arg)
{
    user->done = done;
    user->arg = arg;
    store_op_submit(&user->op, who->deadline_ms);
}

static const char *copy_or_empty(struct store_arena *arena, const char *text)
{
    return store_arena_text(arena, text != NULL ? text : "");
}

static const char *const *copy_names(struct store_arena *arena, const char *const names[],
                                     size_t *count)
{
    *count = *count < ROLES_MAX ? *count : ROLES_MAX;
    const char **copies = store_arena_get(arena, *count + 1, sizeof *copies);
    for (size_t i = 0; i < *count; i++) {
        copies[i] = store_arena_text(arena, names[i]);
    }
    return copies;
}

void store_user_add(struct store *store, const struct store_user_new *wanted,
                    const struct store_actor *who, store_user_fn done, void *arg)
{
    static const struct store_op_kind kind = {"user_add", true, add_run, user_answer, NULL};
    struct user_op *user = new_user_op(store, &kind, who);
    struct store_arena *arena = &user->op.arguments;
    user->wanted = *wanted;
    user->wanted.username = store_arena_text(arena, wanted->username);
    user->wanted.email = copy_or_empty(arena, wanted->email);
    user->wanted.full_name = copy_or_empty(arena, wanted->full_name);
    user->wanted.phone = copy_or_empty(arena, wanted->phone);
    user->wanted.avatar = copy_or_empty(arena, wanted->avatar);
    user->wanted.password_hash = store_arena_text(arena, wanted->password_hash);
    user->wanted.roles = copy_names(arena, wanted->roles, &user->wanted.role_count);
    submit(user, who, done, arg);
}

void store_user_change(struct store *store, const char *name,
                       const struct store_user_change *change, const struct store_actor *who,
                       store_user_fn done, void *arg)
{
    static const struct store_op_kind kind = {"user_change", true, change_run, user_answer, NULL};
    struct user_op *user = new_user_op(store, &kind, who);
    struct store_arena *arena = &user->op.arguments;
    user->user = store_arena_text(arena, name);
    user->change =
        (struct store_user_change){.email = store_arena_text(arena, change->email),
                                   .full_name = store_arena_text(arena, change->full_name),
                                   .phone = store_arena_text(arena, change->phone),
                                   .avatar = store_arena_text(arena, change->avatar),
                                   .status = store_arena_text(arena, change->status),
                                   .password_hash = store_arena_text(arena, change->password_hash),
                                   .role_count = change->role_count};
    if (change->roles != NULL) {
        user->change.roles = copy_names(arena, change->roles, &user->change.role_count);
    }
    submit(user, who, done, arg);
}
