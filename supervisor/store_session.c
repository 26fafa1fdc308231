/* SPDX-License-Identifier: MIT */
/* How a session with the database begins: limits before connecting, the server's defaults overruled
 * after it. */
#include "supervisor/store_mysql.h"

#include "common/xalloc.h"
#include "supervisor/store_sql.h"
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_S 3
#define CALL_TIMEOUT_S 10
#define SCHEMA_TIMEOUT_S 3600 /* a step may rebuild a large table */
#define ER_BAD_DB 1049

static void set_tls(MYSQL *mysql, const struct store_config *config)
{
    /* Said out loud either way: the default differs between versions of the library. */
#if HAVE_DECL_MYSQL_OPT_SSL_MODE
    unsigned mode = config->tls ? SSL_MODE_VERIFY_IDENTITY : SSL_MODE_DISABLED;
    mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
#else
    /* ENFORCE alone would go on in clear text with a server that has no TLS. */
    my_bool on = config->tls;
    mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
#endif
    if (config->tls && config->tls_ca != NULL) {
        mysql_options(mysql, MYSQL_OPT_SSL_CA, config->tls_ca);
    }
}

static void set_options(MYSQL *mysql, const struct store_conn *conn)
{
    unsigned connect_s = CONNECT_TIMEOUT_S;
    unsigned call_s = conn->role == STORE_CONN_SCHEMA ? SCHEMA_TIMEOUT_S : CALL_TIMEOUT_S;
    unsigned local_infile = 0;
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &call_s);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &call_s);
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    set_tls(mysql, conn->config);
    /* Reconnecting by itself is off unless asked for in both client libraries, and must stay off: a
     * transaction would lose its first half without a word. */
}

static const char *account_name(char *buffer, size_t size)
{
    struct passwd entry, *found = NULL;
    if (getpwuid_r(geteuid(), &entry, buffer, size, &found) == 0 && found != NULL) {
        return found->pw_name;
    }
    return "";
}

static MYSQL *connect_to(struct store_conn *conn, const char *database)
{
    const struct store_config *config = conn->config;
    char buffer[4096];
    const char *user = config->user != NULL ? config->user : account_name(buffer, sizeof buffer);
    MYSQL *mysql = mysql_init(NULL);
    if (mysql == NULL) {
        abort(); /* out of memory */
    }
    set_options(mysql, conn);
    /* FOUND_ROWS: an UPDATE counts the rows it matched, also where nothing differs. Without
     * MULTI_STATEMENTS. */
    if (!mysql_real_connect(mysql, config->socket != NULL ? NULL : config->host, user,
                            config->password, database, config->port, config->socket,
                            CLIENT_FOUND_ROWS)) {
        store_conn_set_error(conn, mysql_errno(mysql), mysql_error(mysql));
        mysql_close(mysql);
        return NULL;
    }
    if (config->tls && mysql_get_ssl_cipher(mysql) == NULL) {
        store_conn_fail(conn, STORE_FAILURE_WAIT,
                        "the connection to the database is not encrypted");
        mysql_close(mysql);
        return NULL;
    }
    return mysql;
}

static bool create_database(struct store_conn *conn, MYSQL *mysql)
{
    const char *name = conn->config->database;
    if (name[0] == '\0' || strlen(name) > 64 || strchr(name, '`') != NULL) {
        store_conn_fail(conn, STORE_FAILURE_WAIT, "the name of the database is not usable");
        return false;
    }
    char *sql = xasprintf(
        "CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", name);
    bool ok = mysql_real_query(mysql, sql, strlen(sql)) == 0 && mysql_select_db(mysql, name) == 0;
    if (!ok) {
        store_conn_set_error(conn, mysql_errno(mysql), mysql_error(mysql));
    }
    free(sql);
    return ok;
}

MYSQL *store_session_connect(struct store_conn *conn)
{
    MYSQL *mysql = connect_to(conn, conn->config->database);
    if (mysql != NULL || conn->error != ER_BAD_DB) {
        return mysql;
    }
    store_conn_forgive(conn);
    mysql = connect_to(conn, NULL);
    if (mysql != NULL && !create_database(conn, mysql)) {
        mysql_close(mysql);
        return NULL;
    }
    return mysql;
}

static bool read_packet_max(struct store_conn *conn)
{
    struct sql *sql = sql_begin(conn, "SELECT CAST(@@max_allowed_packet AS UNSIGNED)");
    bool ok = sql_run(sql) && sql_next(sql);
    if (ok) {
        conn->packet_max = (size_t)sql_get_int(sql, 0);
    }
    sql_end(sql);
    return ok;
}

bool store_session_set_up(struct store_conn *conn)
{
    static const char *const all[] = {
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 2, sql_mode = "
        "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_"
        "SUBSTITUTION'",
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!store_conn_command(conn, all[i])) {
            return false;
        }
    }
    if (conn->role == STORE_CONN_READER &&
        !store_conn_command(conn, conn->is_mariadb ? "SET SESSION max_statement_time = 8"
                                                   : "SET SESSION max_execution_time = 8000")) {
        return false;
    }
    if (!read_packet_max(conn)) {
        return false;
    }
    /* Every statement of the writer belongs to a transaction, without asking for it each time. The
     * server drops a writer it has not heard of for ten minutes, so that the locks of one cut off
     * from it do not last. */
    return conn->role != STORE_CONN_WRITER ||
           store_conn_command(conn, "SET SESSION autocommit = 0, wait_timeout = 600");
}
