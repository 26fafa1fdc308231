/* SPDX-License-Identifier: MIT */
/* What tasks say while they run: appended many lines a statement, read page by page. */
#include "supervisor/store_op.h"

#include "supervisor/store_row.h"
#include "supervisor/store_sql.h"
#include <string.h>

#define STATEMENT_BYTES (512 * 1024) /* of messages in one statement */
#define LIST_MAX 10000
#define LIST_BYTES_MAX (8UL * 1024 * 1024) /* more than 1000 of the longest lines */

/* ---- append ---- */

struct append_op {
    struct store_op op;
    store_done_fn done;
    void *arg;
    struct store_log_line *lines;
    size_t count;
};

/* How many of the next lines go into one statement: a power of two, within its bytes unless a
 * single line is larger. */
static size_t next_chunk(const struct append_op *append, size_t from)
{
    size_t fit = 0, bytes = 0;
    while (from + fit < append->count && fit < SQL_ROWS_MAX) {
        bytes += strlen(append->lines[from + fit].message);
        if (fit > 0 && bytes > STATEMENT_BYTES) {
            break;
        }
        fit++;
    }
    return sql_chunk(fit, SQL_ROWS_MAX);
}

static bool insert_lines(struct store_conn *conn, const struct store_log_line *lines, size_t count)
{
    struct sql *sql = sql_begin_rows(
        conn, "INSERT INTO task_log (task_id, attempt, level, message, created_at) VALUES",
        "(?, ?, ?, ?, ?)", count, "");
    for (size_t i = 0; i < count; i++) {
        sql_uint(sql, lines[i].row_id);
        sql_int(sql, lines[i].attempt);
        sql_int(sql, lines[i].level);
        sql_text(sql, lines[i].message);
        sql_time(sql, lines[i].at_us);
    }
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static bool append_run(struct store_op *op, struct store_conn *conn)
{
    struct append_op *append = (struct append_op *)op;
    for (size_t i = 0; i < append->count;) {
        size_t chunk = next_chunk(append, i);
        if (!insert_lines(conn, &append->lines[i], chunk)) {
            return false;
        }
        i += chunk;
    }
    return true;
}

static void append_answer(struct store_op *op, enum store_result result)
{
    struct append_op *append = (struct append_op *)op;
    if (append->done != NULL) {
        append->done(append->arg, result);
    }
}

void store_log_append(struct store *store, const struct store_log_line *lines, size_t count,
                      store_done_fn done, void *arg)
{
    static const struct store_op_kind kind = {"log_append", true, append_run, append_answer, NULL};
    struct append_op *append = store_op_new(store, &kind, sizeof *append);
    append->done = done;
    append->arg = arg;
    append->count = count;
    append->lines = store_arena_get(&append->op.arguments, count, sizeof *append->lines);
    for (size_t i = 0; i < count; i++) {
        append->lines[i] = lines[i];
        append->lines[i].message = store_arena_text(&append->op.arguments, lines[i].message);
    }
    store_op_submit(&append->op, 0);
}

/* ---- list ---- */

struct list_op {
    struct store_op op;
    store_log_fn done;
    void *arg;
    const char *id;
    struct store_actor who;
    uint64_t after;
    unsigned limit;
    struct store_log_row *rows;
    size_t count;
};

static void read_rows(struct list_op *list, struct sql *sql)
{
    size_t bytes = 0;
    while (list->count < list->limit && bytes < LIST_BYTES_MAX && sql_next(sql)) {
        list->rows[list->count++] = (struct store_log_row){
            .id = sql_get_uint(sql, 0),
            .attempt = (int)sql_get_int(sql, 1),
            .level = (enum log_level)sql_get_int(sql, 2),
            .created_at_us = sql_get_time(sql, 3),
            .message = store_arena_text(&list->op.answers, sql_get_text(sql, 4))};
        bytes += strlen(list->rows[list->count - 1].message);
    }
}

static bool list_run(struct store_op *op, struct store_conn *conn)
{
    struct list_op *list = (struct list_op *)op;
    uint64_t row_id;
    list->count = 0;
    if (!store_row_find_id(conn, list->id, &list->who, &row_id)) {
        return false;
    }
    if (row_id == 0) {
        op->result = STORE_NOT_FOUND;
        return true;
    }
    list->rows = store_arena_get(&op->answers, list->limit, sizeof *list->rows);
    struct sql *sql =
        sql_begin(conn, "SELECT id, attempt, level, created_at, message FROM task_log "
                        "WHERE task_id = ? AND id > ? ORDER BY id LIMIT ?");
    sql_uint(sql, row_id);
    sql_uint(sql, list->after);
    sql_uint(sql, list->limit);
    bool ok = sql_run(sql);
    if (ok) {
        read_rows(list, sql);
    }
    sql_end(sql);
    return ok;
}

static void list_answer(struct store_op *op, enum store_result result)
{
    struct list_op *list = (struct list_op *)op;
    bool ok = result == STORE_OK;
    list->done(list->arg, result, ok ? list->rows : NULL, ok ? list->count : 0);
}

void store_log_list(struct store *store, const char *id, const struct store_actor *who,
                    uint64_t after, unsigned limit, unsigned deadline_ms, store_log_fn done,
                    void *arg)
{
    static const struct store_op_kind kind = {"log_list", false, list_run, list_answer, NULL};
    struct list_op *list = store_op_new(store, &kind, sizeof *list);
    list->done = done;
    list->arg = arg;
    list->id = store_arena_text(&list->op.arguments, id);
    list->who = store_op_actor(&list->op, who);
    list->after = after <= INT64_MAX ? after : INT64_MAX;
    list->limit = limit < 1 ? 1 : limit > LIST_MAX ? LIST_MAX : limit;
    store_op_submit(&list->op, deadline_ms);
}
