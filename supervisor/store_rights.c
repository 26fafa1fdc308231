/* SPDX-License-Identifier: MIT */
/* Sets of permissions, read whole: nobody has more than a few dozen. */
#include "supervisor/store_rights.h"

#include "common/xalloc.h"
#include "supervisor/store_conn.h"
#include "supervisor/store_sql.h"
#include "supervisor/store_users.h"
#include <stdlib.h>
#include <string.h>

/* Rows of the name of a role and a permission of it, which may be NULL. */
static bool read_rights(struct sql *sql, uint64_t key, struct store_arena *arena,
                        struct store_rights *rights)
{
    const char **codes = NULL;
    size_t count = 0;
    *rights = (struct store_rights){.all = false};
    sql_uint(sql, key);
    bool ok = sql_run(sql);
    while (ok && sql_next(sql)) {
        rights->all = rights->all || strcmp(sql_get_text(sql, 0), STORE_ROLE_ADMIN) == 0;
        if (!sql_is_null(sql, 1)) {
            codes = xrealloc(codes, count + 1, sizeof *codes);
            codes[count++] = store_arena_text(arena, sql_get_text(sql, 1));
        }
    }
    sql_end(sql);
    const char **kept = store_arena_get(arena, count + 1, sizeof *kept);
    if (count > 0) {
        memcpy(kept, codes, count * sizeof *kept);
    }
    rights->codes = kept;
    rights->count = count;
    free(codes);
    return ok;
}

bool store_rights_of_user(struct store_conn *conn, struct store_arena *arena, uint64_t user_row_id,
                          struct store_rights *rights)
{
    return read_rights(sql_begin(conn,
                                 "SELECT role.name, role_permission.permission FROM user_role "
                                 "JOIN role ON role.id = user_role.role_id AND role.is_global = 1 "
                                 "LEFT JOIN role_permission ON role_permission.role_id = role.id "
                                 "WHERE user_role.user_id = ?"),
                       user_row_id, arena, rights);
}

bool store_rights_of_role(struct store_conn *conn, struct store_arena *arena, uint64_t role_row_id,
                          struct store_rights *rights)
{
    return read_rights(sql_begin(conn,
                                 "SELECT role.name, role_permission.permission FROM role "
                                 "LEFT JOIN role_permission ON role_permission.role_id = role.id "
                                 "WHERE role.id = ?"),
                       role_row_id, arena, rights);
}

bool store_rights_of_actor(struct store_conn *conn, struct store_arena *arena,
                           const struct store_actor *who, struct store_rights *rights)
{
    *rights = (struct store_rights){.all = who->sees_all};
    if (who->sees_all) {
        return true;
    }
    struct sql *sql = sql_begin(
        conn, "SELECT id FROM user WHERE uuid = ? AND status = 'active' AND deleted_at IS NULL");
    sql_text(sql, who->id);
    bool ok = sql_run(sql);
    uint64_t row_id = ok && sql_next(sql) ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok && (row_id == 0 || store_rights_of_user(conn, arena, row_id, rights));
}

bool store_rights_have(const struct store_rights *rights, const char *code)
{
    bool found = rights->all;
    for (size_t i = 0; !found && i < rights->count; i++) {
        found = strcmp(rights->codes[i], code) == 0;
    }
    return found;
}

bool store_rights_cover(const struct store_rights *rights, const struct store_rights *other)
{
    bool covers = rights->all || !other->all;
    for (size_t i = 0; covers && i < other->count; i++) {
        covers = store_rights_have(rights, other->codes[i]);
    }
    return covers;
}
