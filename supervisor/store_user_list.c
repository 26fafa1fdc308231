/* SPDX-License-Identifier: MIT */
/* Reading users: one, or a page of them, newest first, searched case-insensitively. */
#include "supervisor/store_op.h"
#include "supervisor/store_users.h"

#include "supervisor/store_user_row.h"
#include <stdlib.h>

#define PAGE_SIZE_MAX 1000

/* ---- a page ---- */

struct list_op {
    struct store_op op;
    store_users_fn done;
    void *arg;
    char *pattern; /* "%" matches everybody */
    const char *status;
    unsigned page, page_size;
    struct store_user_row *rows;
    uint64_t *row_ids;
    size_t count;
    uint64_t total;
};

#define MATCHES                                                                                    \
    "deleted_at IS NULL AND (username COLLATE utf8mb4_unicode_ci LIKE ? ESCAPE '!' "               \
    "OR email LIKE ? ESCAPE '!' OR full_name LIKE ? ESCAPE '!') AND (? IS NULL OR status = ?)"

static void give_filter(struct sql *sql, const struct list_op *list)
{
    for (int i = 0; i < 3; i++) {
        sql_text(sql, list->pattern);
    }
    sql_text(sql, list->status);
    sql_text(sql, list->status);
}

static bool count_users(struct list_op *list, struct store_conn *conn)
{
    struct sql *sql = sql_begin(conn, "SELECT COUNT(*) FROM user WHERE " MATCHES);
    give_filter(sql, list);
    bool ok = sql_run(sql) && sql_next(sql);
    list->total = ok ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

static bool read_page(struct list_op *list, struct store_conn *conn)
{
    struct sql *sql = sql_begin(conn, "SELECT " STORE_USER_ROW " FROM user WHERE " MATCHES
                                      " ORDER BY id DESC LIMIT ? OFFSET ?");
    give_filter(sql, list);
    sql_uint(sql, list->page_size);
    sql_uint(sql, (uint64_t)(list->page - 1) * list->page_size);
    bool ok = sql_run(sql);
    while (ok && list->count < list->page_size && sql_next(sql)) {
        list->row_ids[list->count] =
            store_user_row_read(sql, &list->op.answers, &list->rows[list->count]);
        list->count++;
    }
    sql_end(sql);
    return ok;
}

static bool add_roles(struct list_op *list, struct store_conn *conn)
{
    bool ok = true;
    for (size_t i = 0; ok && i < list->count; i += SQL_LIST_MAX) {
        size_t left = list->count - i;
        ok = store_user_row_add_roles(conn, &list->op.answers, &list->rows[i], &list->row_ids[i],
                                      left < SQL_LIST_MAX ? left : SQL_LIST_MAX);
    }
    return ok;
}

static bool list_run(struct store_op *op, struct store_conn *conn)
{
    struct list_op *list = (struct list_op *)op;
    list->count = 0;
    list->rows = store_arena_get(&op->answers, list->page_size, sizeof *list->rows);
    list->row_ids = store_arena_get(&op->answers, list->page_size, sizeof *list->row_ids);
    return count_users(list, conn) && read_page(list, conn) && add_roles(list, conn);
}

static void list_answer(struct store_op *op, enum store_result result)
{
    struct list_op *list = (struct list_op *)op;
    bool ok = result == STORE_OK;
    list->done(list->arg, result, ok ? list->rows : NULL, ok ? list->count : 0,
               ok ? list->total : 0);
}

void store_user_list(struct store *store, const struct store_user_filter *filter,
                     unsigned deadline_ms, store_users_fn done, void *arg)
{
    static const struct store_op_kind kind = {"user_list", false, list_run, list_answer, NULL};
    struct list_op *list = store_op_new(store, &kind, sizeof *list);
    unsigned size = filter->page_size;
    list->done = done;
    list->arg = arg;
    list->page = filter->page > 0 ? filter->page : 1;
    list->page_size = size < 1 ? 1 : size > PAGE_SIZE_MAX ? PAGE_SIZE_MAX : size;
    list->status = store_arena_text(&list->op.arguments, filter->status);
    char *pattern = sql_like(filter->keywords != NULL ? filter->keywords : "", true, true);
    list->pattern = store_arena_text(&list->op.arguments, pattern);
    free(pattern);
    store_op_submit(&list->op, deadline_ms);
}

/* ---- one ---- */

struct get_op {
    struct store_op op;
    store_user_fn done;
    void *arg;
    const char *user;
    struct store_user_row row;
};

static bool get_run(struct store_op *op, struct store_conn *conn)
{
    struct get_op *get = (struct get_op *)op;
    struct store_found found;
    if (!store_user_row_find(conn, get->user, STORE_FIND_READ, &found)) {
        return false;
    }
    if (found.row_id == 0) {
        op->result = STORE_NOT_FOUND;
        return true;
    }
    bool ok = store_user_row_load(conn, &op->answers, found.row_id, &get->row);
    op->result = get->row.id != NULL ? STORE_OK : STORE_NOT_FOUND;
    return ok;
}

static void get_answer(struct store_op *op, enum store_result result)
{
    struct get_op *get = (struct get_op *)op;
    get->done(get->arg, result, STORE_REFUSAL_NONE, result == STORE_OK ? &get->row : NULL);
}

void store_user_get(struct store *store, const char *user, unsigned deadline_ms, store_user_fn done,
                    void *arg)
{
    static const struct store_op_kind kind = {"user_get", false, get_run, get_answer, NULL};
    struct get_op *get = store_op_new(store, &kind, sizeof *get);
    get->done = done;
    get->arg = arg;
    get->user = store_arena_text(&get->op.arguments, user);
    store_op_submit(&get->op, deadline_ms);
}
