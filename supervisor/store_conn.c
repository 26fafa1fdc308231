/* SPDX-License-Identifier: MIT */
/* A connection's life and its error. The client library ignores SIGPIPE for the whole process from
 * its first use on: the supervisor wants that too, and whoever execs a program resets it. */
#include "supervisor/store_mysql.h"

#include "common/fd_util.h"
#include "common/xalloc.h"
#include "supervisor/clock.h"
#include "supervisor/store_sql.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CLOCK_FRESH_US                                                                             \
    INT64_C(1000000) /* so long a reading of the database's clock is carried on */
#define CLOCK_JUMP_US INT64_C(1000000)

struct store_conn *store_conn_new(const struct store_config *config, enum store_conn_role role)
{
    struct store_conn *conn = xcalloc(1, sizeof *conn);
    conn->config = config;
    conn->role = role;
    conn->fd = -1;
    pthread_mutex_init(&conn->fd_lock, NULL);
    return conn;
}

void store_conn_free(struct store_conn *conn)
{
    if (conn == NULL) {
        return;
    }
    store_conn_close(conn);
    pthread_mutex_destroy(&conn->fd_lock);
    free(conn);
}

void store_conn_call(struct store_conn *conn)
{
    int64_t now = clock_ms();
    atomic_store(&conn->busy_since_ms, now > 0 ? now : 1);
}

void store_conn_return(struct store_conn *conn)
{
    atomic_store(&conn->busy_since_ms, 0);
}

int64_t store_conn_busy_ms(const struct store_conn *conn)
{
    int64_t since = atomic_load(&conn->busy_since_ms);
    return since == 0 ? 0 : clock_ms() - since;
}

bool store_conn_set_error(struct store_conn *conn, unsigned code, const char *text)
{
    if (conn->failure == STORE_FAILURE_NONE) {
        conn->error = code;
        conn->failure = store_error_class(code);
        const char *advice = store_error_advice(code);
        snprintf(conn->why, sizeof conn->why, "%s (%u)%s%s", text, code, advice != NULL ? "; " : "",
                 advice != NULL ? advice : "");
    }
    return false;
}

void store_conn_fail(struct store_conn *conn, enum store_failure failure, const char *why)
{
    if (conn->failure == STORE_FAILURE_NONE) {
        conn->error = 0;
        conn->failure = failure;
        snprintf(conn->why, sizeof conn->why, "%s", why);
    }
}

static void set_fd(struct store_conn *conn, int fd)
{
    pthread_mutex_lock(&conn->fd_lock);
    conn->fd = fd;
    pthread_mutex_unlock(&conn->fd_lock);
}

static int socket_of(MYSQL *mysql)
{
#ifdef LIBMARIADB
    return (int)mysql_get_socket(mysql);
#else
    return (int)mysql->net.fd;
#endif
}

bool store_conn_open(struct store_conn *conn)
{
    store_conn_close(conn);
    store_conn_forgive(conn);
    store_conn_renew(conn);
    store_conn_call(conn);
    conn->mysql = store_session_connect(conn);
    store_conn_return(conn);
    if (conn->mysql == NULL) {
        return false;
    }
    int fd = socket_of(conn->mysql);
    fd_set_cloexec(
        fd,
        true); /* the library leaves it open across exec: every task would inherit the session */
    set_fd(conn, fd);
    conn->statements = sql_cache_new();
    conn->claim_place = (struct store_claim_place){0};
    conn->packet_max = 1024 * 1024; /* enough to ask for the true one */
    conn->is_mariadb = strstr(mysql_get_server_info(conn->mysql), "MariaDB") != NULL;
    if (!store_session_set_up(conn)) {
        store_conn_close(conn);
        return false;
    }
    return true;
}

void store_conn_close(struct store_conn *conn)
{
    if (conn->mysql == NULL) {
        return;
    }
    if (conn->failure == STORE_FAILURE_LOST) {
        store_conn_abort(conn); /* no goodbye to a server that may be silent */
    }
    set_fd(conn, -1);
    sql_cache_free(conn->statements);
    conn->statements = NULL;
    mysql_close(conn->mysql);
    conn->mysql = NULL;
}

bool store_conn_is_open(const struct store_conn *conn)
{
    return conn->mysql != NULL;
}

void store_conn_abort(struct store_conn *conn)
{
    pthread_mutex_lock(&conn->fd_lock);
    if (conn->fd >= 0) {
        shutdown(conn->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&conn->fd_lock);
}

bool store_conn_command(struct store_conn *conn, const char *sql)
{
    store_conn_call(conn);
    int failed = mysql_real_query(conn->mysql, sql, strlen(sql));
    store_conn_return(conn);
    if (failed) {
        return store_conn_set_error(conn, mysql_errno(conn->mysql), mysql_error(conn->mysql));
    }
    return true;
}

enum store_failure store_conn_failure(const struct store_conn *conn)
{
    return conn->failure;
}

unsigned store_conn_error(const struct store_conn *conn)
{
    return conn->error;
}

const char *store_conn_why(const struct store_conn *conn)
{
    return conn->why;
}

void store_conn_forgive(struct store_conn *conn)
{
    conn->error = 0;
    conn->failure = STORE_FAILURE_NONE;
    conn->why[0] = '\0';
}

/* What the database's clock is ahead of ours lies between two bounds, since its answer takes time.
 * It was set if they were others before: by the least that explains it. */
static int64_t jump_seen(const struct store_conn *conn, int64_t us, int64_t asked_us,
                         int64_t heard_us)
{
    int64_t was_least = conn->clock_us - conn->clock_heard_us;
    int64_t was_most = conn->clock_us - conn->clock_asked_us;
    int64_t jump = 0;
    if (us - heard_us > was_most) {
        jump = us - heard_us - was_most;
    } else if (us - asked_us < was_least) {
        jump = us - asked_us - was_least;
    }
    return llabs(jump) > CLOCK_JUMP_US ? jump : 0;
}

/* Ours is noted when the answer is here, so that what is told is never ahead of the database. */
static bool read_clock(struct store_conn *conn)
{
    int64_t asked_us = clock_boot_us();
    struct sql *sql = sql_begin(conn, "SELECT UTC_TIMESTAMP(6)");
    bool ok = sql_run(sql) && sql_next(sql);
    if (ok) {
        int64_t us = sql_get_time(sql, 0), heard_us = clock_boot_us();
        int64_t jump = conn->clock_us != 0 ? jump_seen(conn, us, asked_us, heard_us) : 0;
        if (jump != 0) {
            conn->jump_us += jump;
            conn->jump_since_us = conn->clock_us + jump;
        }
        conn->clock_us = us;
        conn->clock_heard_us = heard_us;
        conn->clock_asked_us = asked_us;
        if (conn->told_us - conn->clock_us > CLOCK_JUMP_US) {
            conn->told_us = 0; /* it was set back, and is followed */
        }
    }
    sql_end(sql);
    return ok;
}

int64_t store_conn_clock_jump(const struct store_conn *conn, int64_t *since)
{
    *since = conn->jump_since_us;
    return conn->jump_us;
}

void store_conn_forget_jump(struct store_conn *conn)
{
    conn->jump_us = 0;
}

bool store_conn_now(struct store_conn *conn, int64_t *us)
{
    if (conn->now_us == 0) {
        bool fresh = conn->clock_us != 0 && clock_boot_us() - conn->clock_heard_us < CLOCK_FRESH_US;
        if (!fresh && !read_clock(conn)) {
            return false;
        }
        conn->now_us = conn->clock_us + clock_boot_us() - conn->clock_heard_us;
        if (conn->now_us < conn->told_us) {
            conn->now_us = conn->told_us;
        }
        conn->told_us = conn->now_us;
    }
    *us = conn->now_us;
    return true;
}

bool store_conn_has_changed(const struct store_conn *conn)
{
    return conn->changed;
}

void store_conn_renew(struct store_conn *conn)
{
    conn->now_us = 0;
    conn->changed = false;
    conn->nonce[0] = '\0';
}

const char *store_conn_nonce(const struct store_conn *conn)
{
    return conn->nonce;
}

void store_conn_set_nonce(struct store_conn *conn, const char *nonce)
{
    snprintf(conn->nonce, sizeof conn->nonce, "%s", nonce);
}

const struct store_config *store_conn_config(const struct store_conn *conn)
{
    return conn->config;
}

struct store_claim_place *store_conn_claim_place(struct store_conn *conn)
{
    return &conn->claim_place;
}
