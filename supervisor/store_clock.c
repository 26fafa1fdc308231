/* SPDX-License-Identifier: MIT */
/* A pending task is due at a time of the database's clock. When that is set, back by an hour, say,
 * what is due now would be due in an hour; when it is set forward, retries would come early. All
 * such times are a moment plus a delay, so they are moved along. */
#include "supervisor/store_clock.h"

#include "common/log.h"
#include "supervisor/store_sql.h"
#include <stdlib.h>

#define SAME_US (2 * INT64_C(1000000)) /* two supervisors measure one jump alike within this */

/* Several supervisors may share the database: whoever is first moves the tasks, under the lock of
 * this row, and the others see that it is done. */
static bool is_followed(struct store_conn *conn, int64_t jump, int64_t since, bool *followed)
{
    struct sql *sql =
        sql_begin(conn, "SELECT set_by_us, followed_at FROM clock WHERE id = 1 FOR UPDATE");
    bool ok = sql_run(sql);
    if (ok && sql_next(sql)) {
        int64_t other = sql_get_int(sql, 0);
        *followed = sql_get_time(sql, 1) > since - SAME_US && llabs(other - jump) < SAME_US;
    }
    sql_end(sql);
    return ok;
}

static bool note_followed(struct store_conn *conn, int64_t now, int64_t jump)
{
    struct sql *sql =
        sql_begin(conn, "UPDATE clock SET set_by_us = ?, followed_at = ? WHERE id = 1");
    sql_int(sql, jump);
    sql_time(sql, now);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

/* Those that were due already stay due if the clock was set forward; if it was set back, they have
 * become due later than now as well. */
static bool move_due(struct store_conn *conn, int64_t now, int64_t jump, uint64_t *moved)
{
    struct sql *sql = sql_begin(conn, "UPDATE task SET due_at = due_at + INTERVAL ? MICROSECOND "
                                      "WHERE status = 'pending' AND due_at > ?");
    sql_int(sql, jump);
    sql_time(sql, jump > 0 ? now - jump : now);
    bool ok = sql_run(sql);
    *moved = ok ? sql_affected(sql) : 0;
    sql_end(sql);
    return ok;
}

bool store_clock_follow(struct store_conn *conn)
{
    int64_t now, since;
    uint64_t moved = 0;
    bool followed = false;
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    int64_t jump = store_conn_clock_jump(conn, &since);
    if (jump == 0) {
        return true;
    }
    if (!is_followed(conn, jump, since, &followed) ||
        (!followed && !(move_due(conn, now, jump, &moved) && note_followed(conn, now, jump)))) {
        return false;
    }
    log_warn("database: its clock was set by %lld s; %llu waiting tasks were moved along",
             (long long)(jump / 1000000), (unsigned long long)moved);
    return true;
}
