/* SPDX-License-Identifier: MIT */
/* Getting a database thread connected and keeping it so: jittered back-off, the schema's version
 * checked in each session. */
#include "supervisor/store_core.h"

#include "common/log.h"
#include "supervisor/store_node.h"
#include "supervisor/store_schema.h"
#include "supervisor/store_sql.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BACKOFF_LEAST_MS 100
#define BACKOFF_MOST_MS 5000

static bool wait_ms(struct store_link *link, unsigned ms)
{
    struct store *store = link->store;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&store->lock);
    while (!store->stopping && pthread_cond_timedwait(&store->changed, &store->lock, &until) == 0) {
    }
    bool go_on = !store->stopping;
    pthread_mutex_unlock(&store->lock);
    return go_on;
}

bool store_link_sleep(struct store_link *link, unsigned limit_ms)
{
    return wait_ms(link, limit_ms > 0 ? 1 + (unsigned)rand_r(&link->seed) % limit_ms : 0);
}

static bool back_off(struct store_link *link)
{
    unsigned shift = link->failures < 6 ? link->failures : 6;
    unsigned most = BACKOFF_LEAST_MS << shift;
    most = most < BACKOFF_MOST_MS ? most : BACKOFF_MOST_MS;
    unsigned spread = most - BACKOFF_LEAST_MS + 1;
    return wait_ms(link, BACKOFF_LEAST_MS + (unsigned)rand_r(&link->seed) % spread);
}

static void warn_if_not_durable(struct store_conn *conn)
{
    struct sql *sql = sql_begin(conn, "SELECT CAST(@@innodb_flush_log_at_trx_commit AS UNSIGNED)");
    if (sql_run(sql) && sql_next(sql) && sql_get_int(sql, 0) != 1) {
        log_warn("database: innodb_flush_log_at_trx_commit is %lld: a power loss can take back "
                 "acknowledged tasks",
                 (long long)sql_get_int(sql, 0));
    }
    sql_end(sql);
}

/* The schema is right: readers may begin. */
static void note_schema(struct store *store, bool ready, bool refused)
{
    pthread_mutex_lock(&store->lock);
    store->schema_ready = ready;
    store->refused = refused;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
}

static bool check_as_writer(struct store_link *link)
{
    struct store_conn *conn = link->conn;
    enum store_schema schema = store_schema_check(conn);
    if (schema == STORE_SCHEMA_OLDER && store_schema_apply(conn)) {
        /* End the transaction that has seen the old version. */
        schema =
            store_conn_command(conn, "ROLLBACK") ? store_schema_check(conn) : STORE_SCHEMA_ERROR;
    }
    note_schema(link->store, schema == STORE_SCHEMA_READY, schema == STORE_SCHEMA_NEWER);
    return schema == STORE_SCHEMA_READY && store_conn_command(conn, "ROLLBACK") &&
           store_node_register(conn);
}

static bool check_as_reader(struct store_link *link)
{
    enum store_schema schema = store_schema_check(link->conn);
    if (schema == STORE_SCHEMA_OLDER) {
        store_conn_fail(link->conn, STORE_FAILURE_WAIT, "the schema is not complete yet");
    }
    return schema == STORE_SCHEMA_READY;
}

/* Readers do not even connect before the writer has seen to the schema. */
static bool wait_for_schema(struct store_link *link)
{
    struct store *store = link->store;
    pthread_mutex_lock(&store->lock);
    while (!store->schema_ready && !store->stopping) {
        pthread_cond_wait(&store->changed, &store->lock);
    }
    bool go_on = !store->stopping;
    pthread_mutex_unlock(&store->lock);
    return go_on;
}

static bool open_link(struct store_link *link)
{
    if (!store_conn_open(link->conn)) {
        return false;
    }
    if (!link->writes) {
        return check_as_reader(link);
    }
    if (!check_as_writer(link)) {
        return false;
    }
    warn_if_not_durable(link->conn);
    return store_conn_command(link->conn, "ROLLBACK");
}

static void note_up(struct store_link *link)
{
    struct store *store = link->store;
    pthread_mutex_lock(&store->lock);
    link->up = true;
    link->failed = false;
    link->why[0] = '\0';
    pthread_mutex_unlock(&store->lock);
    if (link->writes) {
        log_info("database: connected");
    } else {
        link->failures = 0; /* the writer's count goes back with its first commit */
    }
    store_wake_loop(store);
}

static void note_down(struct store_link *link, bool failed)
{
    struct store *store = link->store;
    const char *why = store_conn_why(link->conn);
    pthread_mutex_lock(&store->lock);
    bool news = link->writes && !store->stopping && strcmp(link->why, why) != 0;
    snprintf(link->why, sizeof link->why, "%s", why);
    link->up = false;
    link->failed = failed;
    pthread_mutex_unlock(&store->lock);
    if (news) {
        log_warn("database: %s", why);
    }
    store_wake_loop(store);
}

void store_link_down(struct store_link *link)
{
    /* A lost connection may be back at once; a database that takes no writes is not. */
    bool refused = store_conn_failure(link->conn) == STORE_FAILURE_WAIT;
    link->failures += refused;
    note_down(link, refused);
    store_conn_close(link->conn);
}

bool store_link_up(struct store_link *link)
{
    if (store_conn_is_open(link->conn)) {
        return true;
    }
    bool go_on = link->failures == 0 ? wait_ms(link, 0) : back_off(link);
    while (go_on) {
        if (!link->writes && !wait_for_schema(link)) {
            return false;
        }
        if (open_link(link)) {
            note_up(link);
            return true;
        }
        note_down(link, true);
        store_queue_fail_hopeless(link->store, link->writes);
        store_conn_close(link->conn);
        go_on = back_off(link);
        link->failures++;
    }
    return false;
}
