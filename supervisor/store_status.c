/* SPDX-License-Identifier: MIT */
/* Guarded moves of tasks from one status to another. */
#include "supervisor/store_status.h"

#include "common/xalloc.h"
#include "supervisor/store_conn.h"
#include "supervisor/store_row.h"
#include "supervisor/store_sql.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LEASE_US (60 * INT64_C(1000000))

bool store_status_claim(struct store_conn *conn, const uint64_t *row_ids, size_t count)
{
    assert(task_may_move(TASK_PENDING, TASK_RUNNING));
    int64_t now;
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    struct sql *sql = sql_begin_list(
        conn,
        "UPDATE task SET status = 'running', attempt = attempt + 1, node = ?, incarnation = ?, "
        "claim_nonce = ?, finish_nonce = NULL, lease_until = ?, started_at = ?, updated_at = ?, "
        "finished_at = NULL, cancel_requested_at = NULL, progress = 0, progress_text = NULL, "
        "result = NULL, error = NULL WHERE status = 'pending' AND id IN",
        count, "");
    sql_text(sql, store_conn_config(conn)->node);
    sql_text(sql, store_conn_config(conn)->incarnation);
    sql_text(sql, store_conn_nonce(conn));
    sql_time(sql, now + LEASE_US);
    sql_time(sql, now);
    sql_time(sql, now);
    sql_id_list(sql, row_ids, count);
    bool ok = sql_run(sql);
    if (ok && sql_affected(sql) != count) {
        store_conn_fail(conn, STORE_FAILURE_RETRY, "a claimed row was not pending");
        ok = false;
    }
    sql_end(sql);
    return ok;
}

/* ---- running to whatever its end makes of it ---- */

static const char finish_text[] =
    "UPDATE task SET status = ?, progress = ?, progress_text = ?, result = ?, error = ?, "
    "artifact_file_key = COALESCE(?, artifact_file_key), artifact_file_name = COALESCE(?, "
    "artifact_file_name), "
    "auto_retry_count = auto_retry_count + ?, crash_count = crash_count + ?, attempt = attempt - "
    "?, "
    "due_at = COALESCE(?, due_at), started_at = IF(? = 0, NULL, started_at), finished_at = ?, "
    "cancel_requested_at = IF(? = 0, NULL, cancel_requested_at), updated_at = ?, finish_nonce = ?, "
    "lease_until = NULL WHERE id = ? AND attempt = ? AND incarnation = ? AND status = 'running'";

static void give_finish(struct sql *sql, const struct store_finish *finish, int64_t now)
{
    bool final = task_status_is_final(finish->status);
    sql_text(sql, task_status_name(finish->status));
    sql_int(sql, finish->progress);
    sql_text(sql, finish->progress_text);
    sql_text(sql, finish->result);
    sql_text(sql, finish->error);
    sql_text(sql, finish->artifact != NULL ? finish->artifact->key : NULL);
    sql_text(sql, finish->artifact != NULL ? finish->artifact->name : NULL);
    sql_int(sql, finish->count_auto_retry);
    sql_int(sql, finish->count_crash);
    sql_int(sql, finish->uncount_attempt);
    sql_time(sql, final ? 0 : now + (int64_t)finish->due_in_ms * 1000);
    sql_int(sql, final);
    sql_time(sql, final ? now : 0);
    sql_int(sql, final);
    sql_time(sql, now);
}

bool store_status_finish(struct store_conn *conn, const struct store_finish *finish, bool *moved)
{
    assert(task_may_move(TASK_RUNNING, finish->status));
    int64_t now;
    *moved = false;
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    struct sql *sql = sql_begin(conn, finish_text);
    give_finish(sql, finish, now);
    sql_text(sql, store_conn_nonce(conn));
    sql_uint(sql, finish->row_id);
    sql_int(sql, finish->attempt);
    sql_text(sql, finish->incarnation);
    bool ok = sql_run(sql);
    *moved = ok && sql_affected(sql) > 0;
    sql_end(sql);
    return ok;
}

/* ---- the plain ends of many tasks at once ---- */

bool store_status_is_plain(const struct store_conn *conn, const struct store_finish *finish)
{
    return task_status_is_final(finish->status) && finish->artifact == NULL &&
           !finish->uncount_attempt && !finish->count_auto_retry && !finish->count_crash &&
           strcmp(finish->incarnation, store_conn_config(conn)->incarnation) == 0;
}

/* `column = CASE id WHEN ? THEN ? ... END`: a value for each row. */
static char *add_case(char *to, const char *column, size_t rows)
{
    to = stpcpy(stpcpy(to, column), " = CASE id");
    for (size_t i = 0; i < rows; i++) {
        to = stpcpy(to, " WHEN ? THEN ?");
    }
    return stpcpy(to, " END");
}

static struct sql *begin_plain(struct store_conn *conn, size_t rows)
{
    static const char *const columns[] = {"status", "progress", "progress_text", "result", "error"};
    char *text = xmalloc(600 + rows * 100);
    char *to = stpcpy(
        text,
        "UPDATE task SET finished_at = ?, updated_at = ?, finish_nonce = ?, lease_until = NULL");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        to = add_case(stpcpy(to, ", "), columns[i], rows);
    }
    to = stpcpy(to, " WHERE status = 'running' AND incarnation = ? AND ");
    to = stpcpy(add_case(to, "attempt", rows), " AND id IN (?");
    for (size_t i = 1; i < rows; i++) {
        to = stpcpy(to, ", ?");
    }
    stpcpy(to, ")");
    struct sql *sql = sql_begin(conn, text);
    free(text);
    return sql;
}

static void give_case_texts(struct sql *sql, const struct store_finish *const rows[], size_t count,
                            size_t field)
{
    for (size_t i = 0; i < count; i++) {
        const struct store_finish *finish = rows[i];
        const char *const texts[] = {task_status_name(finish->status), finish->progress_text,
                                     finish->result, finish->error};
        sql_uint(sql, finish->row_id);
        sql_text(sql, texts[field]);
    }
}

static void give_plain(struct sql *sql, struct store_conn *conn,
                       const struct store_finish *const rows[], size_t count, int64_t now)
{
    sql_time(sql, now);
    sql_time(sql, now);
    sql_text(sql, store_conn_nonce(conn));
    give_case_texts(sql, rows, count, 0);
    for (size_t i = 0; i < count; i++) {
        sql_uint(sql, rows[i]->row_id);
        sql_int(sql, rows[i]->progress);
    }
    for (size_t field = 1; field <= 3; field++) {
        give_case_texts(sql, rows, count, field);
    }
    sql_text(sql, store_conn_config(conn)->incarnation);
    for (size_t i = 0; i < count; i++) {
        sql_uint(sql, rows[i]->row_id);
        sql_int(sql, rows[i]->attempt);
    }
    for (size_t i = 0; i < count; i++) {
        sql_uint(sql, rows[i]->row_id);
    }
}

/* Not all rows were matched: which ones were? */
static bool read_moved(struct store_conn *conn, const struct store_finish *const finishes[],
                       size_t count, bool moved[])
{
    uint64_t row_ids[SQL_ROWS_MAX];
    for (size_t i = 0; i < count; i++) {
        row_ids[i] = finishes[i]->row_id;
        moved[i] = false;
    }
    struct sql *sql = sql_begin_list(
        conn, "SELECT id, attempt FROM task WHERE finish_nonce = ? AND id IN", count, "");
    sql_text(sql, store_conn_nonce(conn));
    sql_id_list(sql, row_ids, count);
    bool ok = sql_run(sql);
    while (ok && sql_next(sql)) {
        for (size_t i = 0; i < count; i++) {
            moved[i] = moved[i] || (row_ids[i] == sql_get_uint(sql, 0) &&
                                    finishes[i]->attempt == sql_get_int(sql, 1));
        }
    }
    sql_end(sql);
    return ok;
}

bool store_status_finish_plain(struct store_conn *conn, const struct store_finish *const finishes[],
                               size_t count, bool moved[])
{
    const struct store_finish *rows[SQL_ROWS_MAX];
    size_t size = sql_round_up(count);
    int64_t now;
    assert(count > 0 && size <= SQL_ROWS_MAX);
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        rows[i] = finishes[i < count ? i : count - 1];
        assert(task_may_move(TASK_RUNNING, rows[i]->status));
        if (i < count) {
            moved[i] = true;
        }
    }
    struct sql *sql = begin_plain(conn, size);
    give_plain(sql, conn, rows, size, now);
    bool ok = sql_run(sql);
    bool all = sql_affected(sql) == count;
    sql_end(sql);
    return ok && (all || read_moved(conn, finishes, count, moved));
}

/* ---- what users ask for ---- */

static void become_cancelled(struct task *task, int64_t now)
{
    task->finished_at_us = now;
}

static void become_pending(struct task *task, int64_t now)
{
    task->retry_count++;
    task->auto_retry_count = 0;
    task->crash_count = 0;
    task->due_at_us = now;
    task->started_at_us = 0;
    task->finished_at_us = 0;
    task->cancel_requested_at_us = 0;
}

static void become(struct task *task, enum task_status to, int64_t now)
{
    task->status = to;
    task->progress = 0;
    task->updated_at_us = now;
    store_row_set_text(&task->progress_text, NULL);
    store_row_set_text(&task->result, NULL);
    store_row_set_text(&task->error, NULL);
    if (to == TASK_PENDING) {
        become_pending(task, now);
    } else {
        become_cancelled(task, now);
    }
}

bool store_status_change(struct store_conn *conn, struct task *task, enum task_status to,
                         bool *moved)
{
    enum task_status from = task->status;
    assert(from != TASK_RUNNING && to != TASK_RUNNING && task_may_move(from, to));
    int64_t now;
    *moved = false;
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    become(task, to, now);
    struct sql *sql = sql_begin(
        conn,
        "UPDATE task SET status = ?, progress = 0, progress_text = NULL, result = NULL, error = "
        "NULL, "
        "retry_count = ?, auto_retry_count = ?, crash_count = ?, due_at = ?, started_at = ?, "
        "finished_at = ?, cancel_requested_at = ?, updated_at = ? WHERE id = ? AND status = ?");
    sql_text(sql, task_status_name(to));
    sql_int(sql, task->retry_count);
    sql_int(sql, task->auto_retry_count);
    sql_int(sql, task->crash_count);
    sql_time(sql, task->due_at_us);
    sql_time(sql, task->started_at_us);
    sql_time(sql, task->finished_at_us);
    sql_time(sql, task->cancel_requested_at_us);
    sql_time(sql, now);
    sql_uint(sql, task->row_id);
    sql_text(sql, task_status_name(from));
    bool ok = sql_run(sql);
    *moved = ok && sql_affected(sql) == 1;
    sql_end(sql);
    return ok;
}
