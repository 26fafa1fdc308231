/* SPDX-License-Identifier: MIT */
/* A page of tasks: first the keys of its rows from an index (store_search.c), then the rows
 * themselves. */
#include "supervisor/store_op.h"

#include "common/xalloc.h"
#include "supervisor/store_row.h"
#include "supervisor/store_search.h"
#include "supervisor/store_sql.h"

#define PAGE_SIZE_MAX 100

struct list_op {
    struct store_op op;
    store_list_fn done;
    void *arg;
    struct store_list_filter filter;
    struct store_actor who;
    struct task tasks[PAGE_SIZE_MAX];
    struct json_text large[PAGE_SIZE_MAX]; /* of the task at the same place */
    size_t count;
    uint64_t total;
};

/* Rows come in any order; `row_ids` has the page's. */
static void keep_in_order(struct list_op *list, struct task page[], struct json_text large[],
                          const uint64_t *row_ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            if (page[k].row_id == row_ids[i]) {
                list->large[list->count] = large[k];
                list->tasks[list->count++] = page[k];
                page[k] = (struct task){0};
                break;
            }
        }
    }
}

static bool read_rows(struct list_op *list, struct store_conn *conn, const uint64_t *row_ids,
                      size_t count)
{
    struct task page[PAGE_SIZE_MAX] = {{0}};
    struct json_text large[PAGE_SIZE_MAX] = {{0}};
    struct sql *sql = sql_begin_list(
        conn, "SELECT " STORE_ROW_TASK "FROM task WHERE deleted_at IS NULL AND id IN", count, "");
    sql_id_list(sql, row_ids, count);
    bool ok = sql_run(sql);
    for (size_t i = 0; ok && i < count && sql_next(sql); i++) {
        store_row_task(sql, &page[i]);
        store_row_move_large(&page[i], &large[i]);
    }
    sql_end(sql);
    if (ok) {
        keep_in_order(list, page, large, row_ids, count);
    }
    return ok;
}

/* Whose tasks: his own, for one who does not see all; else what the filter says, where the name of
 * a user goes before an id that some module has made up. */
static bool find_creator(struct list_op *list, struct store_conn *conn)
{
    struct store_list_filter *filter = &list->filter;
    if (!list->who.sees_all) {
        filter->creator_id = list->who.id;
    }
    if (!list->who.sees_all || filter->creator_name == NULL) {
        return true;
    }
    struct sql *sql =
        sql_begin(conn, "SELECT uuid FROM user WHERE username = ? AND deleted_at IS NULL");
    sql_text(sql, filter->creator_name);
    bool ok = sql_run(sql);
    bool found = ok && sql_next(sql);
    filter->creator_id =
        found ? store_arena_text(&list->op.answers, sql_get_text(sql, 0)) : filter->creator_name;
    sql_end(sql);
    return ok;
}

static bool list_run(struct store_op *op, struct store_conn *conn)
{
    struct list_op *list = (struct list_op *)op;
    const struct store_list_filter *filter = &list->filter;
    uint64_t offset = (uint64_t)(filter->page - 1) * filter->page_size;
    uint64_t end = offset + filter->page_size;
    struct store_search search;
    end = end < STORE_SEARCH_MAX ? end : STORE_SEARCH_MAX;
    if (!find_creator(list, conn) || !store_search_run(conn, filter, (size_t)end, &search)) {
        return false;
    }
    list->total = search.total;
    end = end < search.count ? end : search.count;
    bool ok =
        offset >= end || read_rows(list, conn, search.row_ids + offset, (size_t)(end - offset));
    store_search_clear(&search);
    return ok;
}

static void list_answer(struct store_op *op, enum store_result result)
{
    struct list_op *list = (struct list_op *)op;
    bool ok = result == STORE_OK;
    list->done(list->arg, result, ok ? list->tasks : NULL, ok ? list->large : NULL,
               ok ? list->count : 0, ok ? list->total : 0);
}

static void list_clear(struct store_op *op)
{
    struct list_op *list = (struct list_op *)op;
    for (size_t i = 0; i < list->count; i++) {
        task_clear(&list->tasks[i]);
        json_text_clear(&list->large[i]);
    }
    list->count = 0;
}

void store_task_list(struct store *store, const struct store_list_filter *filter,
                     const struct store_actor *who, unsigned deadline_ms, store_list_fn done,
                     void *arg)
{
    static const struct store_op_kind kind = {"task_list", false, list_run, list_answer,
                                              list_clear};
    struct list_op *list = store_op_new(store, &kind, sizeof *list);
    struct store_arena *arena = &list->op.arguments;
    unsigned size = filter->page_size;
    list->done = done;
    list->arg = arg;
    list->filter = *filter;
    list->filter.page = filter->page > 0 ? filter->page : 1;
    list->filter.page_size = size < 1 ? 1 : size > PAGE_SIZE_MAX ? PAGE_SIZE_MAX : size;
    list->filter.search = store_arena_text(arena, filter->search);
    list->filter.creator_id = store_arena_text(arena, filter->creator_id);
    list->filter.creator_name = store_arena_text(arena, filter->creator_name);
    list->filter.type = store_arena_text(arena, filter->type);
    list->who = store_op_actor(&list->op, who);
    store_op_submit(&list->op, deadline_ms);
}
