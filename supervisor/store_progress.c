/* SPDX-License-Identifier: MIT */
/* Progress of running attempts. Late ones, of attempts that no longer run, change nothing. */
#include "supervisor/store_op.h"

#include "supervisor/store_sql.h"

struct progress_op {
    struct store_op op;
    store_progress_fn done;
    void *arg;
    struct store_progress *rows;
    size_t count;
    int64_t at_us;
};

static bool write_row(struct store_conn *conn, const struct store_progress *row, int64_t now)
{
    struct sql *sql = sql_begin(
        conn, "UPDATE task SET progress = ?, progress_text = ?, updated_at = ? WHERE id = ? "
              "AND attempt = ? AND incarnation = ? AND status = 'running'");
    sql_int(sql, row->progress);
    sql_text(sql, row->text);
    sql_time(sql, now);
    sql_uint(sql, row->row_id);
    sql_int(sql, row->attempt);
    sql_text(sql, store_conn_config(conn)->incarnation);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static bool progress_run(struct store_op *op, struct store_conn *conn)
{
    struct progress_op *progress = (struct progress_op *)op;
    if (!store_conn_now(conn, &progress->at_us)) {
        return false;
    }
    for (size_t i = 0; i < progress->count; i++) {
        if (!write_row(conn, &progress->rows[i], progress->at_us)) {
            return false;
        }
    }
    return true;
}

static void progress_answer(struct store_op *op, enum store_result result)
{
    struct progress_op *progress = (struct progress_op *)op;
    progress->done(progress->arg, result, progress->at_us);
}

void store_progress(struct store *store, const struct store_progress *rows, size_t count,
                    store_progress_fn done, void *arg)
{
    static const struct store_op_kind kind = {"progress", true, progress_run, progress_answer,
                                              NULL};
    struct progress_op *progress = store_op_new(store, &kind, sizeof *progress);
    progress->done = done;
    progress->arg = arg;
    progress->count = count;
    progress->rows = store_arena_get(&progress->op.arguments, count, sizeof *progress->rows);
    for (size_t i = 0; i < count; i++) {
        progress->rows[i] = rows[i];
        progress->rows[i].text = store_arena_text(&progress->op.arguments, rows[i].text);
    }
    store_op_submit(&progress->op, 0);
}
