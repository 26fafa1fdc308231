/* SPDX-License-Identifier: MIT */
/* The list of users, newest first, searched case-insensitively. */
#include "supervisor/store_op.h"

#include "supervisor/store_sql.h"
#include <stdlib.h>

#define PAGE_SIZE_MAX 100

struct list_op {
    struct store_op op;
    store_users_fn done;
    void *arg;
    char *pattern; /* "%" matches everybody */
    unsigned page, page_size;
    struct store_user_row *rows;
    size_t count;
    uint64_t total;
};

#define MATCHES                                                                                    \
    "deleted_at IS NULL AND (username COLLATE utf8mb4_unicode_ci LIKE ? ESCAPE '!' "               \
    "OR email LIKE ? ESCAPE '!' OR full_name LIKE ? ESCAPE '!')"

static void give_pattern(struct sql *sql, const char *pattern)
{
    for (int i = 0; i < 3; i++) {
        sql_text(sql, pattern);
    }
}

static bool count_users(struct list_op *list, struct store_conn *conn)
{
    struct sql *sql = sql_begin(conn, "SELECT COUNT(*) FROM user WHERE " MATCHES);
    give_pattern(sql, list->pattern);
    bool ok = sql_run(sql) && sql_next(sql);
    list->total = ok ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

static void read_row(struct list_op *list, const struct sql *sql)
{
    struct store_arena *arena = &list->op.answers;
    const char *roles = sql_get_text(sql, 5);
    list->rows[list->count++] =
        (struct store_user_row){.id = store_arena_text(arena, sql_get_text(sql, 0)),
                                .username = store_arena_text(arena, sql_get_text(sql, 1)),
                                .email = store_arena_text(arena, sql_get_text(sql, 2)),
                                .full_name = store_arena_text(arena, sql_get_text(sql, 3)),
                                .status = store_arena_text(arena, sql_get_text(sql, 4)),
                                .roles = store_arena_text(arena, roles != NULL ? roles : ""),
                                .created_at_us = sql_get_time(sql, 6),
                                .last_login_us = sql_get_time(sql, 7)};
}

static bool read_page(struct list_op *list, struct store_conn *conn)
{
    struct sql *sql = sql_begin(
        conn,
        "SELECT uuid, username, email, full_name, status, "
        "(SELECT GROUP_CONCAT(role.name ORDER BY role.name) FROM user_role "
        "JOIN role ON role.id = user_role.role_id WHERE user_role.user_id = user.id), "
        "created_at, last_login FROM user WHERE " MATCHES " ORDER BY id DESC LIMIT ? OFFSET ?");
    give_pattern(sql, list->pattern);
    sql_uint(sql, list->page_size);
    sql_uint(sql, (uint64_t)(list->page - 1) * list->page_size);
    bool ok = sql_run(sql);
    while (ok && list->count < list->page_size && sql_next(sql)) {
        read_row(list, sql);
    }
    sql_end(sql);
    return ok;
}

static bool list_run(struct store_op *op, struct store_conn *conn)
{
    struct list_op *list = (struct list_op *)op;
    list->count = 0;
    list->rows = store_arena_get(&op->answers, list->page_size, sizeof *list->rows);
    return count_users(list, conn) && read_page(list, conn);
}

static void list_answer(struct store_op *op, enum store_result result)
{
    struct list_op *list = (struct list_op *)op;
    bool ok = result == STORE_OK;
    list->done(list->arg, result, ok ? list->rows : NULL, ok ? list->count : 0,
               ok ? list->total : 0);
}

void store_user_list(struct store *store, const char *keywords, unsigned page, unsigned page_size,
                     unsigned deadline_ms, store_users_fn done, void *arg)
{
    static const struct store_op_kind kind = {"user_list", false, list_run, list_answer, NULL};
    struct list_op *list = store_op_new(store, &kind, sizeof *list);
    list->done = done;
    list->arg = arg;
    list->page = page > 0 ? page : 1;
    list->page_size = page_size < 1 ? 1 : page_size > PAGE_SIZE_MAX ? PAGE_SIZE_MAX : page_size;
    char *pattern = sql_like(keywords != NULL ? keywords : "", true, true);
    list->pattern = store_arena_text(&list->op.arguments, pattern);
    free(pattern);
    store_op_submit(&list->op, deadline_ms);
}
