/* SPDX-License-Identifier: MIT */
/* Decoding rows of `task`. */
#include "supervisor/store_row.h"

#include "common/xalloc.h"
#include "supervisor/store_conn.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const struct sql *sql, unsigned column)
{
    return xstrdup_or_null(sql_get_text(sql, column));
}

void store_row_task(const struct sql *sql, struct task *task)
{
    unsigned i = 0;
    task->row_id = sql_get_uint(sql, i++);
    snprintf(task->id, sizeof task->id, "%s", sql_get_text(sql, i++));
    task->type = copy(sql, i++);
    bool known = task_status_parse(sql_get_text(sql, i++), &task->status);
    assert(known);
    (void)known;
    task->progress = (int)sql_get_int(sql, i++);
    task->progress_text = copy(sql, i++);
    task->payload = copy(sql, i++);
    task->result = copy(sql, i++);
    task->error = copy(sql, i++);
    task->creator_id = copy(sql, i++);
    task->artifact_file_key = copy(sql, i++);
    task->artifact_file_name = copy(sql, i++);
    task->attempt = (int)sql_get_int(sql, i++);
    task->retry_count = (int)sql_get_int(sql, i++);
    task->auto_retry_count = (int)sql_get_int(sql, i++);
    task->max_retries = (int)sql_get_int(sql, i++);
    task->crash_count = (int)sql_get_int(sql, i++);
    task->created_at_us = sql_get_time(sql, i++);
    task->updated_at_us = sql_get_time(sql, i++);
    task->due_at_us = sql_get_time(sql, i++);
    task->started_at_us = sql_get_time(sql, i++);
    task->finished_at_us = sql_get_time(sql, i++);
    task->cancel_requested_at_us = sql_get_time(sql, i++);
}

void store_row_move_large(struct task *task, struct json_text *large)
{
    json_text_add_member(large, "payload", task->payload);
    json_text_add_member(large, "result", task->result);
    store_row_set_text(&task->payload, NULL);
    store_row_set_text(&task->result, NULL);
}

static bool is_hidden(const struct store_actor *who, const char *creator_id)
{
    return !who->sees_all && strcmp(who->id, creator_id) != 0;
}

bool store_row_find(struct store_conn *conn, const char *id, const struct store_actor *who,
                    enum store_row_lock lock, struct task *task)
{
    static const char read[] =
        "SELECT " STORE_ROW_TASK "FROM task WHERE uuid = ? AND deleted_at IS NULL";
    static const char locked[] =
        "SELECT " STORE_ROW_TASK "FROM task WHERE uuid = ? AND deleted_at IS NULL FOR UPDATE";
    struct sql *sql = sql_begin(conn, lock == STORE_ROW_LOCKED ? locked : read);
    sql_text(sql, id);
    bool ok = sql_run(sql);
    if (ok && sql_next(sql)) {
        store_row_task(sql, task);
        if (is_hidden(who, task->creator_id)) {
            task_clear(task);
            *task = (struct task){.row_id = 0};
        }
    }
    sql_end(sql);
    return ok;
}

bool store_row_find_id(struct store_conn *conn, const char *id, const struct store_actor *who,
                       uint64_t *row_id)
{
    struct sql *sql =
        sql_begin(conn, "SELECT id, creator_id FROM task WHERE uuid = ? AND deleted_at IS NULL");
    sql_text(sql, id);
    bool ok = sql_run(sql);
    bool seen = ok && sql_next(sql) && !is_hidden(who, sql_get_text(sql, 1));
    *row_id = seen ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

void store_row_set_text(char **text, const char *value)
{
    char *fresh = xstrdup_or_null(value);
    free(*text);
    *text = fresh;
}
