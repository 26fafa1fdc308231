/* SPDX-License-Identifier: MIT */
/* Decoding and finding rows of `user` and `role`. */
#include "supervisor/store_user_row.h"

#include "common/xalloc.h"
#include "supervisor/store_conn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text(const struct sql *sql, struct store_arena *arena, unsigned column)
{
    return store_arena_text(arena, sql_get_text(sql, column));
}

uint64_t store_user_row_read(const struct sql *sql, struct store_arena *arena,
                             struct store_user_row *user)
{
    *user = (struct store_user_row){.id = text(sql, arena, 1),
                                    .username = text(sql, arena, 2),
                                    .email = text(sql, arena, 3),
                                    .full_name = text(sql, arena, 4),
                                    .phone = text(sql, arena, 5),
                                    .avatar = text(sql, arena, 6),
                                    .status = text(sql, arena, 7),
                                    .source = text(sql, arena, 8),
                                    .mfa_enabled = sql_get_int(sql, 9) != 0,
                                    .mfa_enforced = sql_get_int(sql, 10) != 0,
                                    .created_at_us = sql_get_time(sql, 11),
                                    .updated_at_us = sql_get_time(sql, 12),
                                    .last_login_us = sql_get_time(sql, 13),
                                    .password_changed_at_us = sql_get_time(sql, 14)};
    return sql_get_uint(sql, 0);
}

uint64_t store_role_row_read(const struct sql *sql, unsigned first, struct store_arena *arena,
                             struct store_role_row *role)
{
    *role =
        (struct store_role_row){.id = text(sql, arena, first + 1),
                                .name = text(sql, arena, first + 2),
                                .description = text(sql, arena, first + 3),
                                .is_system = strcmp(sql_get_text(sql, first + 4), "system") == 0,
                                .created_at_us = sql_get_time(sql, first + 5),
                                .updated_at_us = sql_get_time(sql, first + 6)};
    return sql_get_uint(sql, first);
}

/* ---- the roles of users ---- */

/* Roles as they are read, ordered by the users who have them. */
struct role_list {
    struct store_role_row *roles;
    uint64_t *user_ids, *role_ids;
    size_t count, room;
};

static void add_role(struct role_list *list, const struct sql *sql, struct store_arena *arena)
{
    if (list->count == list->room) {
        list->room = list->room == 0 ? 16 : 2 * list->room;
        list->roles = xrealloc(list->roles, list->room, sizeof *list->roles);
        list->user_ids = xrealloc(list->user_ids, list->room, sizeof *list->user_ids);
        list->role_ids = xrealloc(list->role_ids, list->room, sizeof *list->role_ids);
    }
    list->user_ids[list->count] = sql_get_uint(sql, 0);
    list->role_ids[list->count] = store_role_row_read(sql, 1, arena, &list->roles[list->count]);
    list->count++;
}

static bool read_roles(struct store_conn *conn, struct store_arena *arena, const uint64_t *row_ids,
                       size_t count, struct role_list *list)
{
    struct sql *sql =
        sql_begin_list(conn,
                       "SELECT user_role.user_id, " STORE_ROLE_ROW " FROM user_role "
                       "JOIN role ON role.id = user_role.role_id AND role.is_global = 1 "
                       "WHERE user_role.user_id IN",
                       count, "ORDER BY user_role.user_id, role.name");
    sql_id_list(sql, row_ids, count);
    bool ok = sql_run(sql);
    while (ok && sql_next(sql)) {
        add_role(list, sql, arena);
    }
    sql_end(sql);
    return ok;
}

static void give_roles(const struct role_list *list, struct store_arena *arena,
                       struct store_user_row *user, uint64_t row_id)
{
    size_t first = 0, end;
    while (first < list->count && list->user_ids[first] != row_id) {
        first++;
    }
    for (end = first; end < list->count && list->user_ids[end] == row_id; end++) {
    }
    if (end > first) {
        struct store_role_row *roles = store_arena_get(arena, end - first, sizeof *roles);
        memcpy(roles, &list->roles[first], (end - first) * sizeof *roles);
        user->roles = roles;
        user->role_count = end - first;
    }
}

static void clear_list(struct role_list *list)
{
    free(list->roles);
    free(list->user_ids);
    free(list->role_ids);
}

bool store_user_row_add_roles(struct store_conn *conn, struct store_arena *arena,
                              struct store_user_row *users, const uint64_t *row_ids, size_t count)
{
    struct role_list list = {.count = 0};
    bool ok = count == 0 || read_roles(conn, arena, row_ids, count, &list);
    for (size_t i = 0; ok && i < count; i++) {
        give_roles(&list, arena, &users[i], row_ids[i]);
    }
    clear_list(&list);
    return ok;
}

bool store_role_row_add_permissions(struct store_conn *conn, struct store_arena *arena,
                                    uint64_t row_id, struct store_role_row *role)
{
    const char **codes = NULL;
    size_t count = 0;
    struct sql *sql = sql_begin(
        conn, "SELECT permission FROM role_permission WHERE role_id = ? ORDER BY permission");
    sql_uint(sql, row_id);
    bool ok = sql_run(sql);
    while (ok && sql_next(sql)) {
        codes = xrealloc(codes, count + 1, sizeof *codes);
        codes[count++] = text(sql, arena, 0);
    }
    sql_end(sql);
    const char **kept = store_arena_get(arena, count + 1, sizeof *kept);
    if (count > 0) {
        memcpy(kept, codes, count * sizeof *kept);
    }
    role->permissions = kept;
    role->permission_count = count;
    free(codes);
    return ok;
}

static bool load_roles(struct store_conn *conn, struct store_arena *arena, uint64_t row_id,
                       struct store_user_row *user)
{
    struct role_list list = {.count = 0};
    bool ok = read_roles(conn, arena, &row_id, 1, &list);
    for (size_t i = 0; ok && i < list.count; i++) {
        ok = store_role_row_add_permissions(conn, arena, list.role_ids[i], &list.roles[i]);
    }
    if (ok) {
        give_roles(&list, arena, user, row_id);
    }
    clear_list(&list);
    return ok;
}

bool store_user_row_load(struct store_conn *conn, struct store_arena *arena, uint64_t row_id,
                         struct store_user_row *user)
{
    struct sql *sql = sql_begin(conn, "SELECT " STORE_USER_ROW " FROM user WHERE user.id = ?");
    sql_uint(sql, row_id);
    bool ok = sql_run(sql);
    bool found = ok && sql_next(sql);
    *user = (struct store_user_row){.id = NULL};
    if (found) {
        store_user_row_read(sql, arena, user);
    }
    sql_end(sql);
    return ok && (!found || load_roles(conn, arena, row_id, user));
}

/* ---- finding ---- */

/* Columns: key, id, name, status or type. An id comes before a name that looks like it. */
static bool find_row(struct sql *sql, const char *wanted, struct store_found *found)
{
    *found = (struct store_found){.row_id = 0};
    sql_text(sql, wanted);
    sql_text(sql, wanted);
    bool ok = sql_run(sql);
    while (ok && sql_next(sql)) {
        bool by_id = strcmp(sql_get_text(sql, 1), wanted) == 0;
        if (!by_id && (strcmp(sql_get_text(sql, 2), wanted) != 0 || found->row_id != 0)) {
            continue;
        }
        found->row_id = sql_get_uint(sql, 0);
        snprintf(found->id, sizeof found->id, "%s", sql_get_text(sql, 1));
        snprintf(found->name, sizeof found->name, "%s", sql_get_text(sql, 2));
        snprintf(found->status, sizeof found->status, "%s", sql_get_text(sql, 3));
        found->is_system = strcmp(found->status, "system") == 0;
    }
    sql_end(sql);
    return ok;
}

bool store_user_row_find(struct store_conn *conn, const char *wanted, enum store_find_lock lock,
                         struct store_found *found)
{
    static const char read[] = "SELECT id, uuid, username, status FROM user "
                               "WHERE (uuid = ? OR username = ?) AND deleted_at IS NULL";
    static const char locked[] =
        "SELECT id, uuid, username, status FROM user "
        "WHERE (uuid = ? OR username = ?) AND deleted_at IS NULL FOR UPDATE";
    return find_row(sql_begin(conn, lock == STORE_FIND_LOCKED ? locked : read), wanted, found);
}

bool store_role_row_find(struct store_conn *conn, const char *wanted, struct store_found *found)
{
    return find_row(sql_begin(conn, "SELECT id, uuid, name, role_type FROM role "
                                    "WHERE (uuid = ? OR name = ?) AND is_global = 1"),
                    wanted, found);
}
