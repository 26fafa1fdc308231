/* SPDX-License-Identifier: MIT */
/* The scheduler's cycle: what ended is written, what is due is claimed, in one transaction. */
#include "supervisor/store_op.h"

#include "common/crash_point.h"
#include "common/xalloc.h"
#include "supervisor/store_attempt.h"
#include "supervisor/store_file.h"
#include "supervisor/store_row.h"
#include "supervisor/store_sql.h"
#include "supervisor/store_status.h"
#include <stdlib.h>
#include <string.h>

#define CLAIM_MAX SQL_LIST_MAX
#define FULL_LOOK_US INT64_C(1000000)

struct cycle_op {
    struct store_op op;
    store_cycle_fn done;
    void *arg;
    struct store_finish *finishes; /* copies */
    size_t finish_count;
    unsigned claim_limit;
    enum store_result *results;
    enum task_status *statuses;
    const char **errors;
    int64_t *finished_at_us;
    struct task *claimed;
    size_t claimed_count;
    int64_t next_due_in_ms;
};

/* A cancel or a kill that came between the end of the attempt and now: the task is not run again. A
 * running task has no other error than the sentence of a kill. */
static bool heed_cancel(struct cycle_op *cycle, struct store_conn *conn,
                        struct store_finish *finish)
{
    struct sql *sql = sql_begin(conn, "SELECT cancel_requested_at IS NOT NULL, error FROM task "
                                      "WHERE id = ? AND status = 'running' FOR UPDATE");
    sql_uint(sql, finish->row_id);
    bool ok = sql_run(sql);
    if (ok && sql_next(sql) && sql_get_int(sql, 0) == 1) {
        const char *killed = sql_get_text(sql, 1);
        finish->status = TASK_CANCELLED;
        finish->cause = killed != NULL ? CAUSE_KILL : CAUSE_CANCEL;
        finish->error =
            killed != NULL ? store_arena_text(&cycle->op.arguments, killed) : "cancelled";
        finish->count_auto_retry = false;
    }
    sql_end(sql);
    return ok;
}

static bool write_finish(struct store_conn *conn, struct store_finish *finish,
                         enum store_result *result)
{
    bool moved;
    if (!store_status_finish(conn, finish, &moved)) {
        return false;
    }
    *result = moved ? STORE_OK : STORE_CONFLICT;
    if (!moved) {
        return true;
    }
    if (finish->artifact != NULL) {
        crash_point(artifact_before_insert);
        if (!store_file_insert(conn, finish->artifact)) {
            return false;
        }
    }
    const struct store_finish *ended = finish;
    return finish->uncount_attempt || store_attempt_end(conn, &ended, 1);
}

/* A finish that the database refuses for its values must not hold up the others for ever. */
static bool take_back(struct store_conn *conn)
{
    if (store_conn_failure(conn) != STORE_FAILURE_REFUSED) {
        return false;
    }
    store_conn_forgive(conn);
    return store_conn_command(conn, "ROLLBACK TO SAVEPOINT finish");
}

/* What is left of an end without the runner's own values. */
static void leave_out_result(struct store_finish *finish)
{
    if (finish->status == TASK_SUCCESS) {
        finish->status = TASK_FAILED;
        finish->cause = CAUSE_RESULT;
        finish->error = "the database does not take the result; the log of the service says why";
        finish->artifact = NULL;
    }
    finish->result = NULL;
    finish->progress_text = NULL;
}

static bool try_finish(struct store_conn *conn, struct store_finish *finish,
                       enum store_result *result)
{
    if (write_finish(conn, finish, result)) {
        return true;
    }
    if (store_conn_failure(conn) == STORE_FAILURE_REFUSED) {
        log_error("database: the end of task row %llu refused: %s",
                  (unsigned long long)finish->row_id, store_conn_why(conn));
    }
    *result = STORE_INVALID;
    return take_back(conn);
}

/* One that is refused is written without its result, or its task would seem to run for ever. */
static bool write_finish_apart(struct store_conn *conn, struct store_finish *finish,
                               enum store_result *result)
{
    if (!store_conn_command(conn, "SAVEPOINT finish") || !try_finish(conn, finish, result)) {
        return false;
    }
    if (*result != STORE_INVALID) {
        return true;
    }
    leave_out_result(finish);
    return try_finish(conn, finish, result);
}

/* Plain ends waiting to be written together. */
struct batch {
    struct store_finish *finishes[SQL_ROWS_MAX];
    enum store_result *results[SQL_ROWS_MAX];
    size_t count;
};

static bool note_moved(struct store_conn *conn, const struct batch *batch, const bool moved[])
{
    const struct store_finish *ended[SQL_ROWS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        *batch->results[i] = moved[i] ? STORE_OK : STORE_CONFLICT;
        if (moved[i]) {
            ended[count++] = batch->finishes[i];
        }
    }
    return count == 0 || store_attempt_end(conn, ended, count);
}

/* A refused statement has changed nothing; which of them it was is found out by writing each apart.
 */
static bool write_batch(struct store_conn *conn, struct batch *batch)
{
    bool moved[SQL_ROWS_MAX];
    size_t count = batch->count;
    bool ok = store_status_finish_plain(conn, (const struct store_finish *const *)batch->finishes,
                                        count, moved);
    if (ok) {
        ok = note_moved(conn, batch, moved);
    } else if (store_conn_failure(conn) == STORE_FAILURE_REFUSED) {
        store_conn_forgive(conn);
        ok = true;
        for (size_t i = 0; ok && i < count; i++) {
            ok = write_finish_apart(conn, batch->finishes[i], batch->results[i]);
        }
    }
    batch->count = 0;
    return ok;
}

static bool write_finishes(struct cycle_op *cycle, struct store_conn *conn)
{
    struct batch batch = {.count = 0};
    int64_t now;
    cycle->results =
        store_arena_get(&cycle->op.answers, cycle->finish_count, sizeof *cycle->results);
    cycle->finished_at_us =
        store_arena_get(&cycle->op.answers, cycle->finish_count, sizeof(int64_t));
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    bool ok = true;
    for (size_t i = 0; ok && i < cycle->finish_count; i++) {
        struct store_finish *finish = &cycle->finishes[i];
        cycle->finished_at_us[i] = store_finish_time(finish, now);
        if (finish->status == TASK_PENDING && !heed_cancel(cycle, conn, finish)) {
            return false;
        }
        if (!store_status_is_plain(conn, finish)) {
            ok = write_finish_apart(conn, finish, &cycle->results[i]);
            continue;
        }
        batch.finishes[batch.count] = finish;
        batch.results[batch.count++] = &cycle->results[i];
        ok = batch.count < SQL_ROWS_MAX || write_batch(conn, &batch);
    }
    return ok && (batch.count == 0 || write_batch(conn, &batch));
}

/* The index keeps the entries of claimed tasks at its beginning until the server has purged them:
 * in a long queue walking over them costs ten times the claim itself. So a claim goes on where the
 * last one ended. Nothing older can be pending but what another supervisor committed late or gave
 * back; a look from the beginning each second finds that. */
static struct store_claim_place place_to_start(struct store_claim_place *place, int64_t now)
{
    struct store_claim_place from = *place;
    bool clock_went_back = now < place->from_us || now < place->full_us;
    if (clock_went_back || now - place->full_us >= FULL_LOOK_US) {
        from = (struct store_claim_place){.from_us = 1, .full_us = now};
    }
    *place = (struct store_claim_place){.from_us = 1,
                                        .full_us = from.full_us}; /* should this claim fail */
    return from;
}

static void note_place(struct cycle_op *cycle, struct store_claim_place *place, int64_t now)
{
    bool more = cycle->claimed_count == cycle->claim_limit;
    place->from_us = more ? cycle->claimed[cycle->claimed_count - 1].due_at_us : now;
    place->from_id = more ? cycle->claimed[cycle->claimed_count - 1].row_id : 0;
}

/* Skips rows that another supervisor is claiming. The index task_claim gives the order: a sort
 * would lock, and so hide from others, rows that are not taken. */
static bool select_due(struct cycle_op *cycle, struct store_conn *conn, int64_t now)
{
    struct store_claim_place *place = store_conn_claim_place(conn);
    struct store_claim_place from = place_to_start(place, now);
    struct sql *sql =
        sql_begin(conn, "SELECT " STORE_ROW_TASK
                        "FROM task FORCE INDEX (task_claim) WHERE status = 'pending' "
                        "AND ((due_at = ? AND id > ?) OR (due_at > ? AND due_at <= ?)) "
                        "ORDER BY due_at, id LIMIT ? FOR UPDATE SKIP LOCKED");
    sql_time(sql, from.from_us);
    sql_uint(sql, from.from_id);
    sql_time(sql, from.from_us);
    sql_time(sql, now);
    sql_uint(sql, cycle->claim_limit);
    bool ok = sql_run(sql);
    if (ok) {
        cycle->claimed = xcalloc(cycle->claim_limit, sizeof *cycle->claimed);
        while (cycle->claimed_count < cycle->claim_limit && sql_next(sql)) {
            store_row_task(sql, &cycle->claimed[cycle->claimed_count++]);
        }
        note_place(cycle, place, now);
    }
    sql_end(sql);
    return ok;
}

/* As store_status_claim() has left the row. */
static void mark_claimed(struct task *task, int64_t now)
{
    task->status = TASK_RUNNING;
    task->attempt++;
    task->started_at_us = task->updated_at_us = now;
    task->finished_at_us = task->cancel_requested_at_us = 0;
    task->progress = 0;
    store_row_set_text(&task->progress_text, NULL);
    store_row_set_text(&task->result, NULL);
    store_row_set_text(&task->error, NULL);
}

static bool claim_due(struct cycle_op *cycle, struct store_conn *conn, int64_t now)
{
    uint64_t row_ids[CLAIM_MAX];
    if (!select_due(cycle, conn, now)) {
        return false;
    }
    for (size_t i = 0; i < cycle->claimed_count; i++) {
        row_ids[i] = cycle->claimed[i].row_id;
        mark_claimed(&cycle->claimed[i], now);
    }
    return cycle->claimed_count == 0 || store_status_claim(conn, row_ids, cycle->claimed_count);
}

static bool find_next_due(struct cycle_op *cycle, struct store_conn *conn, int64_t now)
{
    struct sql *sql =
        sql_begin(conn, "SELECT due_at FROM task WHERE status = 'pending' AND due_at > ? "
                        "ORDER BY due_at LIMIT 1");
    sql_time(sql, now);
    bool ok = sql_run(sql);
    if (ok && sql_next(sql)) {
        cycle->next_due_in_ms = (sql_get_time(sql, 0) - now + 999) / 1000;
    }
    sql_end(sql);
    return ok;
}

static bool cycle_run(struct store_op *op, struct store_conn *conn)
{
    struct cycle_op *cycle = (struct cycle_op *)op;
    int64_t now;
    cycle->next_due_in_ms = -1;
    if (!write_finishes(cycle, conn)) {
        return false;
    }
    if (cycle->finish_count > 0) {
        crash_point(finish_before_commit);
    }
    if (cycle->claim_limit == 0) {
        return true;
    }
    if (!store_conn_now(conn, &now) || !claim_due(cycle, conn, now)) {
        return false;
    }
    if (cycle->claimed_count > 0) {
        crash_point(claim_before_commit);
    }
    /* A task that has been claimed does not wait for this: the next look tells. */
    return cycle->claimed_count > 0 || find_next_due(cycle, conn, now);
}

static void cycle_answer(struct store_op *op, enum store_result result)
{
    struct cycle_op *cycle = (struct cycle_op *)op;
    struct store_cycle_answer answer = {.next_due_in_ms = -1};
    if (store_op_has_answer(result)) {
        if (cycle->finish_count > 0) {
            crash_point(finish_after_commit);
        }
        if (cycle->claimed_count > 0) {
            crash_point(claim_after_commit);
        }
        for (size_t i = 0; i < cycle->finish_count; i++) {
            cycle->statuses[i] = cycle->finishes[i].status;
            cycle->errors[i] = cycle->finishes[i].error;
        }
        answer = (struct store_cycle_answer){.finishes = cycle->results,
                                             .statuses = cycle->statuses,
                                             .errors = cycle->errors,
                                             .finished_at_us = cycle->finished_at_us,
                                             .claimed = cycle->claimed,
                                             .claimed_count = cycle->claimed_count,
                                             .next_due_in_ms = cycle->next_due_in_ms};
    }
    cycle->done(cycle->arg, result, &answer);
}

static void cycle_clear(struct store_op *op)
{
    struct cycle_op *cycle = (struct cycle_op *)op;
    for (size_t i = 0; i < cycle->claimed_count; i++) {
        task_clear(&cycle->claimed[i]);
    }
    free(cycle->claimed);
    cycle->claimed = NULL;
    cycle->claimed_count = 0;
}

static void copy_finish(struct store_arena *arena, struct store_finish *to,
                        const struct store_finish *from)
{
    *to = *from;
    to->incarnation = store_arena_text(arena, from->incarnation);
    to->progress_text = store_arena_text(arena, from->progress_text);
    to->result = store_arena_text(arena, from->result);
    to->error = store_arena_text(arena, from->error);
    if (from->artifact != NULL) {
        struct store_file *file = store_arena_get(arena, 1, sizeof *file);
        *file = *from->artifact;
        file->name = store_arena_text(arena, from->artifact->name);
        file->content_type = store_arena_text(arena, from->artifact->content_type);
        file->owner_id = store_arena_text(arena, from->artifact->owner_id);
        to->artifact = file;
    }
}

void store_cycle(struct store *store, const struct store_cycle *request, store_cycle_fn done,
                 void *arg)
{
    static const struct store_op_kind kind = {"cycle", true, cycle_run, cycle_answer, cycle_clear};
    struct cycle_op *cycle = store_op_new(store, &kind, sizeof *cycle);
    struct store_arena *arena = &cycle->op.arguments;
    cycle->done = done;
    cycle->arg = arg;
    cycle->claim_limit = request->claim_limit < CLAIM_MAX ? request->claim_limit : CLAIM_MAX;
    cycle->finish_count = request->finish_count;
    cycle->finishes = store_arena_get(arena, request->finish_count, sizeof *cycle->finishes);
    cycle->statuses = store_arena_get(arena, request->finish_count, sizeof *cycle->statuses);
    cycle->errors = store_arena_get(arena, request->finish_count, sizeof *cycle->errors);
    for (size_t i = 0; i < request->finish_count; i++) {
        copy_finish(arena, &cycle->finishes[i], &request->finishes[i]);
    }
    store_op_submit(&cycle->op, 0);
}
