/* SPDX-License-Identifier: MIT */
/* The schema's version: one row in schema_version for each step that has been applied whole. */
#include "supervisor/store_schema.h"

#include "common/log.h"
#include "common/xalloc.h"
#include "sql/schema_steps.h"
#include "supervisor/store_sql.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ER_DUPLICATE_COLUMN 1060
#define ER_DUPLICATE_KEY_NAME 1061
#define ER_NO_SUCH_TABLE 1146
#define LOCK_WAIT_S 60

static bool read_version(struct store_conn *conn, uint64_t *version)
{
    struct sql *sql = sql_begin(conn, "SELECT COALESCE(MAX(number), 0) FROM schema_version");
    bool ok = sql_run(sql) && sql_next(sql);
    *version = ok ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    if (!ok && store_conn_error(conn) == ER_NO_SUCH_TABLE) {
        store_conn_forgive(conn);
        return true;
    }
    return ok;
}

enum store_schema store_schema_check(struct store_conn *conn)
{
    uint64_t version;
    if (!read_version(conn, &version)) {
        return STORE_SCHEMA_ERROR;
    }
    if (version > schema_step_count) {
        char why[256];
        snprintf(why, sizeof why,
                 "the database has schema version %llu, this program knows only up to %zu: "
                 "install the newer Taskyard, or name another database",
                 (unsigned long long)version, schema_step_count);
        store_conn_fail(conn, STORE_FAILURE_WAIT, why);
        return STORE_SCHEMA_NEWER;
    }
    return version < schema_step_count ? STORE_SCHEMA_OLDER : STORE_SCHEMA_READY;
}

static bool take_lock(struct store_conn *conn)
{
    struct sql *sql =
        sql_begin(conn, "SELECT GET_LOCK(CONCAT('taskyard_schema_', LEFT(DATABASE(), 40)), ?)");
    sql_int(sql, LOCK_WAIT_S);
    bool ok = sql_run(sql) && sql_next(sql);
    bool got = ok && sql_get_int(sql, 0) == 1;
    sql_end(sql);
    if (ok && !got) {
        store_conn_fail(conn, STORE_FAILURE_WAIT, "another supervisor is changing the schema");
    }
    return got;
}

/* What a step that was cut off has changed already is no fault when it runs again. (MySQL has no
 * ADD COLUMN IF NOT EXISTS.) */
static bool is_done_already(const struct store_conn *conn)
{
    unsigned code = store_conn_error(conn);
    return code == ER_DUPLICATE_COLUMN || code == ER_DUPLICATE_KEY_NAME;
}

static bool run_statement(struct store_conn *conn, const char *statement)
{
    if (store_conn_command(conn, statement)) {
        return true;
    }
    if (!is_done_already(conn)) {
        return false;
    }
    store_conn_forgive(conn);
    return true;
}

/* Each statement ends with a semicolon at the end of its line. */
static bool run_statements(struct store_conn *conn, const char *text)
{
    const char *end;
    bool ok = true;
    while (ok && (end = strstr(text, ";\n")) != NULL) {
        char *statement = xstrndup(text, (size_t)(end - text));
        ok = run_statement(conn, statement);
        free(statement);
        text = end + 2;
    }
    return ok;
}

static bool apply_step(struct store_conn *conn, const struct schema_step *step)
{
    log_info("database: applying schema step %u (%s)", step->number, step->name);
    if (!run_statements(conn, step->text)) {
        return false;
    }
    struct sql *sql = sql_begin(conn, "INSERT INTO schema_version (number, name, applied_at) "
                                      "VALUES (?, ?, UTC_TIMESTAMP(6))");
    sql_uint(sql, step->number);
    sql_text(sql, step->name);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static bool apply_missing(struct store_conn *conn)
{
    static const char make_table[] =
        "CREATE TABLE IF NOT EXISTS schema_version (number INT UNSIGNED NOT NULL, name VARCHAR(64) "
        "NOT NULL, "
        "applied_at DATETIME(6) NOT NULL, PRIMARY KEY (number)) ENGINE = InnoDB "
        "DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
    uint64_t version;
    if (!take_lock(conn) || !store_conn_command(conn, make_table) ||
        !read_version(conn, &version)) {
        return false;
    }
    for (size_t i = (size_t)version; i < schema_step_count; i++) {
        assert(schema_steps[i].number == i + 1);
        if (!apply_step(conn, &schema_steps[i])) {
            return false;
        }
    }
    return true;
}

bool store_schema_apply(struct store_conn *conn)
{
    struct store_conn *own = store_conn_new(store_conn_config(conn), STORE_CONN_SCHEMA);
    bool ok = store_conn_open(own) && apply_missing(own);
    if (!ok) {
        /* Whatever it was, another try may find it mended; the statements bear being run again. */
        store_conn_fail(conn, STORE_FAILURE_WAIT, store_conn_why(own));
    }
    store_conn_free(own); /* its end gives the lock back */
    return ok;
}
