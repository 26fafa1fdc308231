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
    "due_at = COALESCE(?, due_at), started_at = IF(? = 0, NULL, started_at), finished_at = "
    "GREATEST(?, started_at), "
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

/* What a batch of ends sets in each row, and the attempt that guards it. */
enum plain_column {
    PLAIN_STATUS,
    PLAIN_PROGRESS,
    PLAIN_PROGRESS_TEXT,
    PLAIN_ERROR,
    PLAIN_ATTEMPT,
    PLAIN_RESULT,
    PLAIN_COLUMNS
};
static const char *const plain_names[PLAIN_COLUMNS] = {"status", "progress", "progress_text",
                                                       "error",  "attempt",  "result"};

struct plain {
    const struct store_finish *const *rows;
    size_t count;
    bool same[PLAIN_COLUMNS]; /* one value for all rows: an end is mostly like the others, and a
                                 value for each costs the database a third more */
};

static const char *plain_text(const struct store_finish *finish, enum plain_column column)
{
    switch (column) {
    case PLAIN_STATUS:
        return task_status_name(finish->status);
    case PLAIN_PROGRESS_TEXT:
        return finish->progress_text;
    case PLAIN_ERROR:
        return finish->error;
    default:
        return finish->result;
    }
}

static bool plain_is_number(enum plain_column column)
{
    return column == PLAIN_PROGRESS || column == PLAIN_ATTEMPT;
}

static int plain_number(const struct store_finish *finish, enum plain_column column)
{
    return column == PLAIN_PROGRESS ? finish->progress : finish->attempt;
}

static bool is_same_value(const struct store_finish *a, const struct store_finish *b,
                          enum plain_column column)
{
    if (plain_is_number(column)) {
        return plain_number(a, column) == plain_number(b, column);
    }
    const char *left = plain_text(a, column), *right = plain_text(b, column);
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

/* All but the result are the same or none is, so that there are few texts of statements. */
static void find_same(struct plain *plain)
{
    bool all = true, result = true;
    for (size_t i = 1; i < plain->count; i++) {
        for (enum plain_column column = 0; all && column < PLAIN_RESULT; column++) {
            all = is_same_value(plain->rows[0], plain->rows[i], column);
        }
        result = result && is_same_value(plain->rows[0], plain->rows[i], PLAIN_RESULT);
    }
    for (enum plain_column column = 0; column < PLAIN_RESULT; column++) {
        plain->same[column] = all;
    }
    plain->same[PLAIN_RESULT] = result;
}

/* `column = ?`, or `column = CASE id WHEN ? THEN ? ... END`: a value for each row. */
static char *add_column(char *to, const struct plain *plain, enum plain_column column)
{
    to = stpcpy(to, plain_names[column]);
    if (plain->same[column]) {
        return stpcpy(to, " = ?");
    }
    to = stpcpy(to, " = CASE id");
    for (size_t i = 0; i < plain->count; i++) {
        to = stpcpy(to, " WHEN ? THEN ?");
    }
    return stpcpy(to, " END");
}

static struct sql *begin_plain(struct store_conn *conn, const struct plain *plain)
{
    static const enum plain_column set[] = {PLAIN_STATUS, PLAIN_PROGRESS, PLAIN_PROGRESS_TEXT,
                                            PLAIN_ERROR, PLAIN_RESULT};
    char *text = xmalloc(600 + plain->count * 100);
    char *to = stpcpy(text, "UPDATE task SET finished_at = GREATEST(?, started_at), updated_at = "
                            "?, finish_nonce = ?, lease_until = NULL");
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
        to = add_column(stpcpy(to, ", "), plain, set[i]);
    }
    to = stpcpy(to, " WHERE status = 'running' AND incarnation = ? AND ");
    to = stpcpy(add_column(to, plain, PLAIN_ATTEMPT), " AND id IN (?");
    for (size_t i = 1; i < plain->count; i++) {
        to = stpcpy(to, ", ?");
    }
    stpcpy(to, ")");
    struct sql *sql = sql_begin(conn, text);
    free(text);
    return sql;
}

static void give_column(struct sql *sql, const struct plain *plain, enum plain_column column)
{
    size_t values = plain->same[column] ? 1 : plain->count;
    for (size_t i = 0; i < values; i++) {
        if (!plain->same[column]) {
            sql_uint(sql, plain->rows[i]->row_id);
        }
        if (plain_is_number(column)) {
            sql_int(sql, plain_number(plain->rows[i], column));
        } else {
            sql_text(sql, plain_text(plain->rows[i], column));
        }
    }
}

static void give_plain(struct sql *sql, struct store_conn *conn, const struct plain *plain,
                       int64_t now)
{
    sql_time(sql, now);
    sql_time(sql, now);
    sql_text(sql, store_conn_nonce(conn));
    give_column(sql, plain, PLAIN_STATUS);
    give_column(sql, plain, PLAIN_PROGRESS);
    give_column(sql, plain, PLAIN_PROGRESS_TEXT);
    give_column(sql, plain, PLAIN_ERROR);
    give_column(sql, plain, PLAIN_RESULT);
    sql_text(sql, store_conn_config(conn)->incarnation);
    give_column(sql, plain, PLAIN_ATTEMPT);
    for (size_t i = 0; i < plain->count; i++) {
        sql_uint(sql, plain->rows[i]->row_id);
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
    struct plain plain = {.rows = rows, .count = size};
    find_same(&plain);
    struct sql *sql = begin_plain(conn, &plain);
    give_plain(sql, conn, &plain, now);
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

static void become(struct task *task, enum task_status to, const char *error, int64_t now)
{
    task->status = to;
    task->progress = 0;
    task->updated_at_us = now;
    store_row_set_text(&task->progress_text, NULL);
    store_row_set_text(&task->result, NULL);
    store_row_set_text(&task->error, error);
    if (to == TASK_PENDING) {
        become_pending(task, now);
    } else {
        become_cancelled(task, now);
    }
}

bool store_status_change(struct store_conn *conn, struct task *task, enum task_status to,
                         const char *error, bool *moved)
{
    enum task_status from = task->status;
    assert(from != TASK_RUNNING && to != TASK_RUNNING && task_may_move(from, to));
    int64_t now;
    *moved = false;
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    become(task, to, error, now);
    struct sql *sql = sql_begin(
        conn,
        "UPDATE task SET status = ?, progress = 0, progress_text = NULL, result = NULL, error = ?, "
        "retry_count = ?, auto_retry_count = ?, crash_count = ?, due_at = ?, started_at = ?, "
        "finished_at = ?, cancel_requested_at = ?, updated_at = ? WHERE id = ? AND status = ?");
    sql_text(sql, task_status_name(to));
    sql_text(sql, task->error);
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
