/* SPDX-License-Identifier: MIT */
/* Roles: which there are, and changes to them. */
#include "supervisor/store_op.h"
#include "supervisor/store_users.h"

#include "supervisor/store_event.h"
#include "supervisor/store_rights.h"
#include "supervisor/store_user_row.h"
#include <string.h>

#define LIST_MAX 1000

struct role_op {
    struct store_op op;
    store_role_fn done;
    void *arg;
    struct store_actor who;
    const char *role; /* name or id of one that exists */
    struct store_role_change change;
    /* what `run` finds out */
    struct store_found found;
    enum store_refusal refusal;
    struct store_role_row row;
};

static bool refuse(struct role_op *role, enum store_refusal refusal)
{
    role->op.result = STORE_CONFLICT;
    role->refusal = refusal;
    return true;
}

static bool add_event(const struct role_op *role, struct store_conn *conn, const char *kind)
{
    const char *const names[] = {"role_id", "role"};
    const char *const values[] = {role->row.id, role->row.name};
    return store_event_add_global(conn, kind, &role->who, names, values, 2);
}

static bool load(struct role_op *role, struct store_conn *conn)
{
    struct sql *sql = sql_begin(conn, "SELECT " STORE_ROLE_ROW " FROM role WHERE role.id = ?");
    sql_uint(sql, role->found.row_id);
    bool ok = sql_run(sql);
    if (ok && sql_next(sql)) {
        store_role_row_read(sql, 0, &role->op.answers, &role->row);
    }
    sql_end(sql);
    return ok &&
           store_role_row_add_permissions(conn, &role->op.answers, role->found.row_id, &role->row);
}

/* ---- may he, and does it fit ---- */

/* Another role has the new name, or one that looks the same but for its case. */
static bool is_taken(const struct role_op *role, struct store_conn *conn, const char *id,
                     bool *taken)
{
    struct sql *sql =
        sql_begin(conn, "SELECT 1 FROM role WHERE LOWER(name) = LOWER(?) AND uuid <> ? LIMIT 1");
    sql_text(sql, role->change.name);
    sql_text(sql, id);
    bool ok = sql_run(sql);
    *taken = ok && sql_next(sql);
    sql_end(sql);
    return ok;
}

static bool check_name(struct role_op *role, struct store_conn *conn, const char *id)
{
    bool taken = false;
    if (role->change.name == NULL) {
        return true;
    }
    if (!is_taken(role, conn, id, &taken)) {
        return false;
    }
    return !taken || refuse(role, STORE_REFUSAL_NAME_TAKEN);
}

/* He must hold what the role has (of one that exists) and what it is to have. */
static bool check_rights(struct role_op *role, struct store_conn *conn)
{
    struct store_arena *arena = &role->op.answers;
    struct store_rights actor, present = {.all = false};
    struct store_rights wanted = {.codes = role->change.permissions,
                                  .count = role->change.permission_count};
    if (!store_rights_of_actor(conn, arena, &role->who, &actor) ||
        (role->found.row_id != 0 &&
         !store_rights_of_role(conn, arena, role->found.row_id, &present))) {
        return false;
    }
    return (store_rights_cover(&actor, &present) && store_rights_cover(&actor, &wanted)) ||
           refuse(role, STORE_REFUSAL_RIGHTS);
}

/* ---- add and change ---- */

static bool write_permissions(const struct role_op *role, struct store_conn *conn)
{
    const struct store_role_change *change = &role->change;
    bool ok = sql_run_with_key(sql_begin(conn, "DELETE FROM role_permission WHERE role_id = ?"),
                               role->found.row_id);
    for (size_t i = 0; ok && i < change->permission_count; i++) {
        struct sql *sql =
            sql_begin(conn, "INSERT INTO role_permission (permission, role_id) VALUES (?, ?) "
                            "ON DUPLICATE KEY UPDATE permission = role_permission.permission");
        sql_text(sql, change->permissions[i]);
        ok = sql_run_with_key(sql, role->found.row_id);
    }
    return ok;
}

static bool insert_role(const struct store_role_change *wanted, struct store_conn *conn)
{
    struct sql *sql = sql_begin(
        conn, "INSERT INTO role (uuid, name, description, created_at, updated_at) VALUES (?, ?, ?, "
              "UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE id = role.id");
    sql_text(sql, wanted->id);
    sql_text(sql, wanted->name);
    sql_text(sql, wanted->description);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static bool add_run(struct store_op *op, struct store_conn *conn)
{
    struct role_op *role = (struct role_op *)op;
    role->found = (struct store_found){.row_id = 0};
    if (!check_name(role, conn, role->change.id)) {
        return false;
    }
    if (op->result == STORE_OK && !check_rights(role, conn)) {
        return false;
    }
    if (op->result != STORE_OK) {
        return true;
    }
    return insert_role(&role->change, conn) &&
           store_role_row_find(conn, role->change.id, &role->found) &&
           write_permissions(role, conn) && load(role, conn) &&
           add_event(role, conn, "role_created");
}

static bool write_change(const struct role_op *role, struct store_conn *conn)
{
    struct sql *sql =
        sql_begin(conn, "UPDATE role SET name = COALESCE(?, name), description = COALESCE(?, "
                        "description), updated_at = UTC_TIMESTAMP(6) WHERE id = ?");
    sql_text(sql, role->change.name);
    sql_text(sql, role->change.description);
    return sql_run_with_key(sql, role->found.row_id) &&
           (role->change.permissions == NULL || write_permissions(role, conn));
}

/* The names of the product's roles, and all of the role admin, are relied upon. */
static bool is_fixed(const struct role_op *role)
{
    const struct store_role_change *change = &role->change;
    bool renames = change->name != NULL && strcmp(change->name, role->found.name) != 0;
    return role->found.is_system && (renames || (strcmp(role->found.name, STORE_ROLE_ADMIN) == 0 &&
                                                 change->permissions != NULL));
}

static bool find(struct role_op *role, struct store_conn *conn)
{
    if (!store_role_row_find(conn, role->role, &role->found)) {
        return false;
    }
    role->op.result = role->found.row_id != 0 ? STORE_OK : STORE_NOT_FOUND;
    return true;
}

static bool change_run(struct store_op *op, struct store_conn *conn)
{
    struct role_op *role = (struct role_op *)op;
    if (!find(role, conn)) {
        return false;
    }
    if (op->result != STORE_OK) {
        return true;
    }
    if (is_fixed(role)) {
        return refuse(role, STORE_REFUSAL_SYSTEM_ROLE);
    }
    if (!check_name(role, conn, role->found.id) ||
        (op->result == STORE_OK && !check_rights(role, conn))) {
        return false;
    }
    return op->result != STORE_OK ||
           (write_change(role, conn) && load(role, conn) && add_event(role, conn, "role_changed"));
}

/* ---- delete ---- */

static bool delete_role(const struct role_op *role, struct store_conn *conn)
{
    return sql_run_with_key(sql_begin(conn, "DELETE FROM session WHERE user_id IN "
                                            "(SELECT user_id FROM user_role WHERE role_id = ?)"),
                            role->found.row_id) &&
           sql_run_with_key(sql_begin(conn, "DELETE FROM role WHERE id = ?"), role->found.row_id);
}

static bool delete_run(struct store_op *op, struct store_conn *conn)
{
    struct role_op *role = (struct role_op *)op;
    if (!find(role, conn)) {
        return false;
    }
    if (op->result != STORE_OK) {
        return true;
    }
    if (role->found.is_system) {
        return refuse(role, STORE_REFUSAL_SYSTEM_ROLE);
    }
    if (!check_rights(role, conn)) {
        return false;
    }
    return op->result != STORE_OK ||
           (load(role, conn) && delete_role(role, conn) && add_event(role, conn, "role_deleted"));
}

/* ---- the calls ---- */

static void role_answer(struct store_op *op, enum store_result result)
{
    struct role_op *role = (struct role_op *)op;
    role->done(role->arg, result, result == STORE_CONFLICT ? role->refusal : STORE_REFUSAL_NONE,
               result == STORE_OK ? &role->row : NULL);
}

static struct role_op *new_role_op(struct store *store, const struct store_op_kind *kind,
                                   const struct store_actor *who,
                                   const struct store_role_change *change)
{
    struct role_op *role = store_op_new(store, kind, sizeof *role);
    struct store_arena *arena = &role->op.arguments;
    role->who = store_op_actor(&role->op, who);
    role->change =
        (struct store_role_change){.id = store_arena_text(arena, change->id),
                                   .name = store_arena_text(arena, change->name),
                                   .description = store_arena_text(arena, change->description),
                                   .permission_count = change->permission_count};
    if (change->permissions != NULL) {
        const char **codes = store_arena_get(arena, change->permission_count + 1, sizeof *codes);
        for (size_t i = 0; i < change->permission_count; i++) {
            codes[i] = store_arena_text(arena, change->permissions[i]);
        }
        role->change.permissions = codes;
    }
    return role;
}

static void submit(struct role_op *role, const struct store_actor *who, store_role_fn done,
                   void *arg)
{
    role->done = done;
    role->arg = arg;
    store_op_submit(&role->op, who->deadline_ms);
}

void store_role_add(struct store *store, const struct store_role_change *wanted,
                    const struct store_actor *who, store_role_fn done, void *arg)
{
    static const struct store_op_kind kind = {"role_add", true, add_run, role_answer, NULL};
    submit(new_role_op(store, &kind, who, wanted), who, done, arg);
}

void store_role_change(struct store *store, const char *name,
                       const struct store_role_change *change, const struct store_actor *who,
                       store_role_fn done, void *arg)
{
    static const struct store_op_kind kind = {"role_change", true, change_run, role_answer, NULL};
    struct role_op *role = new_role_op(store, &kind, who, change);
    role->role = store_arena_text(&role->op.arguments, name);
    submit(role, who, done, arg);
}

void store_role_delete(struct store *store, const char *name, const struct store_actor *who,
                       store_role_fn done, void *arg)
{
    static const struct store_op_kind kind = {"role_delete", true, delete_run, role_answer, NULL};
    struct role_op *role = new_role_op(store, &kind, who, &(struct store_role_change){.id = NULL});
    role->role = store_arena_text(&role->op.arguments, name);
    submit(role, who, done, arg);
}

/* ---- list ---- */

struct list_op {
    struct store_op op;
    store_roles_fn done;
    void *arg;
    struct store_role_row rows[LIST_MAX];
    uint64_t row_ids[LIST_MAX];
    size_t count;
};

static bool list_run(struct store_op *op, struct store_conn *conn)
{
    struct list_op *list = (struct list_op *)op;
    list->count = 0;
    struct sql *sql = sql_begin(conn, "SELECT " STORE_ROLE_ROW
                                      " FROM role WHERE role.is_global = 1 ORDER BY role.name");
    bool ok = sql_run(sql);
    while (ok && list->count < LIST_MAX && sql_next(sql)) {
        list->row_ids[list->count] =
            store_role_row_read(sql, 0, &op->answers, &list->rows[list->count]);
        list->count++;
    }
    sql_end(sql);
    for (size_t i = 0; ok && i < list->count; i++) {
        ok = store_role_row_add_permissions(conn, &op->answers, list->row_ids[i], &list->rows[i]);
    }
    return ok;
}

static void list_answer(struct store_op *op, enum store_result result)
{
    struct list_op *list = (struct list_op *)op;
    bool ok = result == STORE_OK;
    list->done(list->arg, result, ok ? list->rows : NULL, ok ? list->count : 0);
}

void store_role_list(struct store *store, unsigned deadline_ms, store_roles_fn done, void *arg)
{
    static const struct store_op_kind kind = {"role_list", false, list_run, list_answer, NULL};
    struct list_op *list = store_op_new(store, &kind, sizeof *list);
    list->done = done;
    list->arg = arg;
    store_op_submit(&list->op, deadline_ms);
}
