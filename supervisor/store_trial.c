/* SPDX-License-Identifier: MIT */
/* One connection, two questions. */
#include "supervisor/store_trial.h"

#include "common/xalloc.h"
#include "supervisor/store_conn.h"
#include "supervisor/store_schema.h"
#include "supervisor/store_sql.h"

static bool is_at_work(struct store_conn *conn)
{
    struct sql *sql = sql_begin(conn, "SELECT 1 FROM node WHERE incarnation = ?");
    sql_text(sql, store_conn_config(conn)->incarnation);
    bool found = sql_run(sql) && sql_next(sql);
    sql_end(sql);
    return found;
}

/* An older schema will do: its steps are applied after the change of program. */
static bool knows_schema(struct store_conn *conn)
{
    enum store_schema schema = store_schema_check(conn);
    return schema == STORE_SCHEMA_READY || schema == STORE_SCHEMA_OLDER;
}

char *store_trial(const struct store_config *config)
{
    struct store_conn *conn = store_conn_new(config, STORE_CONN_READER);
    char *why = NULL;
    if (!store_conn_open(conn) || !knows_schema(conn)) {
        why = xstrdup(store_conn_why(conn));
    } else if (!is_at_work(conn)) {
        why = xasprintf("\"%s\" is not the database of the running tasks", config->database);
    }
    store_conn_free(conn);
    return why;
}
