/* SPDX-License-Identifier: MIT */
/* This life of the supervisor in the table `node`. */
#include "supervisor/store_node.h"
#include "supervisor/store_op.h"
#include "supervisor/store_sql.h"

bool store_node_register(struct store_conn *conn)
{
    const struct store_config *config = store_conn_config(conn);
    struct sql *sql =
        sql_begin(conn, "INSERT INTO node (incarnation, name, state_dir_id, started_at, seen_at) "
                        "VALUES (?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)) "
                        "ON DUPLICATE KEY UPDATE state_dir_id = ?, seen_at = UTC_TIMESTAMP(6)");
    sql_text(sql, config->incarnation);
    sql_text(sql, config->node);
    sql_text(sql, config->state_dir_id);
    sql_text(sql, config->state_dir_id); /* a program before this one did not know it */
    bool ok = sql_run(sql);
    sql_end(sql);
    sql = sql_begin(
        conn, "DELETE FROM node WHERE name = ? AND seen_at < UTC_TIMESTAMP(6) - INTERVAL 30 DAY");
    sql_text(sql, config->node);
    ok = sql_run(sql) && ok;
    sql_end(sql);
    return ok && store_conn_command(conn, "COMMIT");
}

static bool beat_run(struct store_op *op, struct store_conn *conn)
{
    (void)op;
    struct sql *sql =
        sql_begin(conn, "UPDATE node SET seen_at = UTC_TIMESTAMP(6) WHERE incarnation = ?");
    sql_text(sql, store_conn_config(conn)->incarnation);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static void ignore_answer(struct store_op *op, enum store_result result)
{
    (void)op;
    (void)result;
}

void store_node_beat(struct store *store)
{
    static const struct store_op_kind kind = {"node_beat", true, beat_run, ignore_answer, NULL};
    struct store_op *beat = store_op_new(store, &kind, sizeof *beat);
    store_op_submit(beat, 0);
}
