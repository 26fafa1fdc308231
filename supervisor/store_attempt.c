/* SPDX-License-Identifier: MIT */
/* Writing and reading the history of attempts. */
#include "supervisor/store_attempt.h"

#include "supervisor/store_op.h"
#include "supervisor/store_row.h"
#include "supervisor/store_sql.h"
#include <assert.h>

#define LIST_MAX 1000 /* the newest ones */

int64_t store_finish_time(const struct store_finish *finish, int64_t now)
{
    return now < finish->started_at_us ? finish->started_at_us : now;
}

static void give_row(struct sql *sql, const struct store_conn *conn,
                     const struct store_finish *finish, int64_t now)
{
    sql_uint(sql, finish->row_id);
    sql_int(sql, finish->attempt);
    sql_text(sql, store_conn_config(conn)->node);
    sql_text(sql, finish->incarnation);
    sql_time(sql, finish->started_at_us);
    sql_int_or_null(sql, finish->pid, 0);
    sql_text(sql, attempt_cause_name(finish->cause));
    sql_text(sql, finish->error);
    sql_int_or_null(sql, finish->exit_status, -1);
    sql_int_or_null(sql, finish->term_signal, 0);
    sql_int(sql, finish->progress);
    sql_int(sql, finish->cpu_us);
    sql_int(sql, finish->peak_memory_bytes);
    sql_time(sql, store_finish_time(finish, now));
}

/* A row that is there already was begun by a version that wrote them at the claim. */
bool store_attempt_end(struct store_conn *conn, const struct store_finish *const finishes[],
                       size_t count)
{
    int64_t now;
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    size_t rows = sql_round_up(count);
    assert(count > 0 && rows <= SQL_ROWS_MAX);
    struct sql *sql = sql_begin_rows(
        conn,
        "INSERT INTO attempt (task_id, attempt, node, incarnation, started_at, pid, cause, error, "
        "exit_status, "
        "term_signal, progress, cpu_us, peak_memory_bytes, finished_at) VALUES",
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows,
        "ON DUPLICATE KEY UPDATE pid = VALUES(pid), cause = VALUES(cause), error = VALUES(error), "
        "exit_status = VALUES(exit_status), term_signal = VALUES(term_signal), progress = "
        "VALUES(progress), "
        "cpu_us = VALUES(cpu_us), peak_memory_bytes = VALUES(peak_memory_bytes), "
        "finished_at = VALUES(finished_at)");
    for (size_t i = 0; i < rows; i++) {
        give_row(sql, conn, finishes[i < count ? i : count - 1], now);
    }
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

/* ---- list ---- */

struct attempts_op {
    struct store_op op;
    store_attempts_fn done;
    void *arg;
    const char *id;
    struct store_actor who;
    struct store_attempt_row *rows;
    size_t count;
};

static void read_attempt(struct store_arena *arena, const struct sql *sql,
                         struct store_attempt_row *row)
{
    const char *cause = sql_get_text(sql, 3);
    *row = (struct store_attempt_row){.attempt = (int)sql_get_int(sql, 0),
                                      .node = store_arena_text(arena, sql_get_text(sql, 1)),
                                      .pid = (int)sql_get_int(sql, 2),
                                      .cause = store_arena_text(arena, cause != NULL ? cause : ""),
                                      .error = store_arena_text(arena, sql_get_text(sql, 4)),
                                      .exit_status =
                                          sql_is_null(sql, 5) ? -1 : (int)sql_get_int(sql, 5),
                                      .term_signal = (int)sql_get_int(sql, 6),
                                      .started_at_us = sql_get_time(sql, 7),
                                      .finished_at_us = sql_get_time(sql, 8),
                                      .cpu_us = sql_get_int(sql, 9),
                                      .peak_memory_bytes = sql_get_int(sql, 10),
                                      .progress = (int)sql_get_int(sql, 11)};
}

static bool read_ended(struct attempts_op *attempts, struct store_conn *conn, uint64_t row_id)
{
    struct sql *sql = sql_begin(
        conn, "SELECT * FROM (SELECT attempt, node, pid, cause, error, exit_status, term_signal, "
              "started_at, "
              "finished_at, cpu_us, peak_memory_bytes, progress FROM attempt WHERE task_id = ? "
              "ORDER BY attempt DESC LIMIT ?) newest ORDER BY attempt");
    sql_uint(sql, row_id);
    sql_int(sql, LIST_MAX);
    bool ok = sql_run(sql);
    while (ok && attempts->count < LIST_MAX && sql_next(sql)) {
        read_attempt(&attempts->op.answers, sql, &attempts->rows[attempts->count++]);
    }
    sql_end(sql);
    return ok;
}

/* It has no row yet: what there is to say of it is in the task's. */
static bool read_running(struct attempts_op *attempts, struct store_conn *conn, uint64_t row_id,
                         struct store_attempt_row *running)
{
    struct sql *sql = sql_begin(
        conn, "SELECT attempt, node, started_at FROM task WHERE id = ? AND status = 'running'");
    sql_uint(sql, row_id);
    bool ok = sql_run(sql);
    if (ok && sql_next(sql)) {
        *running = (struct store_attempt_row){
            .attempt = (int)sql_get_int(sql, 0),
            .node = store_arena_text(&attempts->op.answers, sql_get_text(sql, 1)),
            .cause = "",
            .exit_status = -1,
            .started_at_us = sql_get_time(sql, 2)};
    }
    sql_end(sql);
    return ok;
}

/* The running one is read first: one that ends between the two statements is in the second. */
static bool read_attempts(struct attempts_op *attempts, struct store_conn *conn, uint64_t row_id)
{
    struct store_attempt_row running = {.attempt = 0};
    attempts->rows = store_arena_get(&attempts->op.answers, LIST_MAX + 1, sizeof *attempts->rows);
    if (!read_running(attempts, conn, row_id, &running) || !read_ended(attempts, conn, row_id)) {
        return false;
    }
    int last = attempts->count > 0 ? attempts->rows[attempts->count - 1].attempt : 0;
    if (running.attempt > last) {
        attempts->rows[attempts->count++] = running;
    }
    return true;
}

static bool attempts_run(struct store_op *op, struct store_conn *conn)
{
    struct attempts_op *attempts = (struct attempts_op *)op;
    uint64_t row_id;
    attempts->count = 0;
    if (!store_row_find_id(conn, attempts->id, &attempts->who, &row_id)) {
        return false;
    }
    if (row_id == 0) {
        op->result = STORE_NOT_FOUND;
        return true;
    }
    return read_attempts(attempts, conn, row_id);
}

static void attempts_answer(struct store_op *op, enum store_result result)
{
    struct attempts_op *attempts = (struct attempts_op *)op;
    bool ok = result == STORE_OK;
    attempts->done(attempts->arg, result, ok ? attempts->rows : NULL, ok ? attempts->count : 0);
}

void store_attempt_list(struct store *store, const char *id, const struct store_actor *who,
                        unsigned deadline_ms, store_attempts_fn done, void *arg)
{
    static const struct store_op_kind kind = {"attempt_list", false, attempts_run, attempts_answer,
                                              NULL};
    struct attempts_op *attempts = store_op_new(store, &kind, sizeof *attempts);
    attempts->done = done;
    attempts->arg = arg;
    attempts->id = store_arena_text(&attempts->op.arguments, id);
    attempts->who = store_op_actor(&attempts->op, who);
    store_op_submit(&attempts->op, deadline_ms);
}
