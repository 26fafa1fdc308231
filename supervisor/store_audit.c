/* SPDX-License-Identifier: MIT */
/* Pages of the audit trail: a window of its newest rows by one index, then the page out of it. */
#include "supervisor/store_audit.h"

#include "supervisor/store_op.h"
#include "supervisor/store_sql.h"
#include <stdio.h>

#define PAGE_SIZE_MAX 100
#define TOTAL_MAX 10000
#define LOOK_MAX 20000
#define TEXT_SIZE 1500

struct audit_op {
    struct store_op op;
    store_audit_fn done;
    void *arg;
    struct store_audit_filter filter;
    uint64_t task_row_id; /* of filter.task_id; 0: there is no such task */
    struct store_audit_row *rows;
    size_t count;
    uint64_t total;
};

/* ---- what the filter means ---- */

static bool find_task(struct audit_op *audit, struct store_conn *conn)
{
    if (audit->filter.task_id == NULL) {
        return true;
    }
    struct sql *sql = sql_begin(conn, "SELECT id FROM task WHERE uuid = ?");
    sql_text(sql, audit->filter.task_id);
    bool ok = sql_run(sql);
    audit->task_row_id = ok && sql_next(sql) ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

/* A user's name stands for his id. */
static bool find_actor(struct audit_op *audit, struct store_conn *conn)
{
    if (audit->filter.actor == NULL || id_is_valid(audit->filter.actor)) {
        return true;
    }
    struct sql *sql = sql_begin(conn, "SELECT uuid FROM user WHERE username = ?");
    sql_text(sql, audit->filter.actor);
    bool ok = sql_run(sql);
    if (ok && sql_next(sql)) {
        audit->filter.actor = store_arena_text(&audit->op.answers, sql_get_text(sql, 0));
    }
    sql_end(sql);
    return ok;
}

/* ---- the window ---- */

/* `rows` are the conditions that the index does not serve. */
static void write_window(const struct store_audit_filter *filter, char text[TEXT_SIZE])
{
    const char *index = filter->task_id != NULL ? "task_event_task"
                        : filter->actor != NULL ? "task_event_actor"
                        : filter->kind != NULL  ? "task_event_kind"
                                                : "PRIMARY";
    const char *condition = filter->task_id != NULL ? "task_id = ?"
                            : filter->actor != NULL ? "actor = ?"
                            : filter->kind != NULL  ? "kind = ?"
                                                    : "TRUE";
    snprintf(
        text, TEXT_SIZE,
        "(SELECT id, kind, actor FROM task_event FORCE INDEX (%s) WHERE %s ORDER BY id DESC "
        "LIMIT ?) newest WHERE TRUE%s%s",
        index, condition, filter->task_id != NULL && filter->actor != NULL ? " AND actor = ?" : "",
        (filter->task_id != NULL || filter->actor != NULL) && filter->kind != NULL ? " AND kind = ?"
                                                                                   : "");
}

static void give_window(const struct audit_op *audit, struct sql *sql)
{
    const struct store_audit_filter *filter = &audit->filter;
    const char *texts[] = {filter->actor, filter->kind};
    int conditions = (filter->task_id != NULL) + (filter->actor != NULL) + (filter->kind != NULL);
    size_t next = 0;
    if (filter->task_id != NULL) {
        sql_uint(sql, audit->task_row_id);
    } else {
        next = filter->actor != NULL ? 0 : 1;
        if (texts[next] != NULL) {
            sql_text(sql, texts[next]);
        }
        next++;
    }
    sql_int(sql, conditions > 1 ? LOOK_MAX : TOTAL_MAX);
    for (; next < 2; next++) {
        if (texts[next] != NULL) {
            sql_text(sql, texts[next]);
        }
    }
}

static bool count_rows(struct audit_op *audit, struct store_conn *conn)
{
    char window[TEXT_SIZE], text[TEXT_SIZE + 64];
    write_window(&audit->filter, window);
    snprintf(text, sizeof text, "SELECT COUNT(*) FROM %s", window);
    struct sql *sql = sql_begin(conn, text);
    give_window(audit, sql);
    bool ok = sql_run(sql) && sql_next(sql);
    uint64_t total = ok ? sql_get_uint(sql, 0) : 0;
    audit->total = total < TOTAL_MAX ? total : TOTAL_MAX;
    sql_end(sql);
    return ok;
}

static struct store_audit_row read_row(struct store_arena *arena, const struct sql *sql)
{
    return (struct store_audit_row){.id = sql_get_uint(sql, 0),
                                    .kind = store_arena_text(arena, sql_get_text(sql, 1)),
                                    .actor = store_arena_text(arena, sql_get_text(sql, 2)),
                                    .actor_name = store_arena_text(arena, sql_get_text(sql, 3)),
                                    .address = store_arena_text(arena, sql_get_text(sql, 4)),
                                    .task_id = store_arena_text(arena, sql_get_text(sql, 5)),
                                    .attempt = (int)sql_get_int(sql, 6),
                                    .detail = store_arena_text(arena, sql_get_text(sql, 7)),
                                    .created_at_us = sql_get_time(sql, 8)};
}

static bool read_page(struct audit_op *audit, struct store_conn *conn, uint64_t offset)
{
    unsigned size = audit->filter.page_size;
    char window[TEXT_SIZE], text[2 * TEXT_SIZE];
    write_window(&audit->filter, window);
    snprintf(text, sizeof text,
             "SELECT event.id, event.kind, event.actor, user.username, event.address, task.uuid, "
             "event.attempt, event.detail, event.created_at FROM (SELECT id FROM %s ORDER BY id "
             "DESC LIMIT ? OFFSET ?) page JOIN task_event event ON event.id = page.id LEFT JOIN "
             "user ON user.uuid = event.actor LEFT JOIN task ON task.id = event.task_id ORDER BY "
             "event.id DESC",
             window);
    audit->rows = store_arena_get(&audit->op.answers, size, sizeof *audit->rows);
    struct sql *sql = sql_begin(conn, text);
    give_window(audit, sql);
    sql_int(sql, size);
    sql_uint(sql, offset);
    bool ok = sql_run(sql);
    while (ok && audit->count < size && sql_next(sql)) {
        audit->rows[audit->count++] = read_row(&audit->op.answers, sql);
    }
    sql_end(sql);
    /* Rows may have come since they were counted. */
    if (offset + audit->count > audit->total) {
        audit->total = offset + audit->count;
    }
    return ok;
}

static bool audit_run(struct store_op *op, struct store_conn *conn)
{
    struct audit_op *audit = (struct audit_op *)op;
    uint64_t offset = (uint64_t)(audit->filter.page - 1) * audit->filter.page_size;
    audit->count = 0;
    audit->total = 0;
    if (!find_task(audit, conn) || !find_actor(audit, conn)) {
        return false;
    }
    if (audit->filter.task_id != NULL && audit->task_row_id == 0) {
        return true;
    }
    return count_rows(audit, conn) && (offset >= audit->total || read_page(audit, conn, offset));
}

static void audit_answer(struct store_op *op, enum store_result result)
{
    struct audit_op *audit = (struct audit_op *)op;
    bool ok = result == STORE_OK;
    audit->done(audit->arg, result, ok ? audit->rows : NULL, ok ? audit->count : 0,
                ok ? audit->total : 0);
}

void store_audit_list(struct store *store, const struct store_audit_filter *filter,
                      unsigned deadline_ms, store_audit_fn done, void *arg)
{
    static const struct store_op_kind kind = {"audit_list", false, audit_run, audit_answer, NULL};
    struct audit_op *audit = store_op_new(store, &kind, sizeof *audit);
    struct store_arena *arena = &audit->op.arguments;
    unsigned size = filter->page_size;
    audit->done = done;
    audit->arg = arg;
    audit->filter =
        (struct store_audit_filter){.page = filter->page > 0 ? filter->page : 1,
                                    .page_size = size < 1               ? 1
                                                 : size > PAGE_SIZE_MAX ? PAGE_SIZE_MAX
                                                                        : size,
                                    .kind = store_arena_text(arena, filter->kind),
                                    .actor = store_arena_text(arena, filter->actor),
                                    .task_id = store_arena_text(arena, filter->task_id)};
    store_op_submit(&audit->op, deadline_ms);
}
