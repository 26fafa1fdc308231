/* SPDX-License-Identifier: MIT */
/* What the database has to say about itself, for the doctor. Every statement here changes nothing:
 * rights are tried out on no rows. */
#include "supervisor/doctor_report.h"
#include "supervisor/store_conn.h"
#include "supervisor/store_schema.h"
#include "supervisor/store_sql.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLOCK_DIFFERENCE_MAX_S 5
#define MARIADB_LEAST 1006 /* major * 100 + minor */
#define MYSQL_LEAST 800

static int64_t ask(struct store_conn *conn, const char *query, int64_t otherwise)
{
    struct sql *sql = sql_begin(conn, query);
    int64_t value = sql_run(sql) && sql_next(sql) ? sql_get_int(sql, 0) : otherwise;
    sql_end(sql);
    store_conn_forgive(conn);
    return value;
}

static void look_at_version(struct doctor_report *report, struct store_conn *conn)
{
    struct sql *sql = sql_begin(conn, "SELECT VERSION()");
    if (sql_run(sql) && sql_next(sql)) {
        const char *text = sql_get_text(sql, 0);
        char *end;
        long major = strtol(text, &end, 10);
        long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
        bool is_mariadb = strstr(text, "MariaDB") != NULL;
        bool will_do = major * 100 + minor >= (is_mariadb ? MARIADB_LEAST : MYSQL_LEAST);
        doctor_note(report, will_do ? DOCTOR_GOOD : DOCTOR_FAILURE,
                    "MariaDB 10.6 or MySQL 8.0 is the oldest that will do", "connected, %s", text);
    }
    sql_end(sql);
    store_conn_forgive(conn);
}

/* True: the tables are there. */
static bool look_at_schema(struct doctor_report *report, struct store_conn *conn)
{
    enum store_schema schema = store_schema_check(conn);
    if (schema == STORE_SCHEMA_READY) {
        doctor_note(report, DOCTOR_GOOD, NULL, "the schema is up to date");
    } else if (schema == STORE_SCHEMA_OLDER) {
        doctor_note(report, DOCTOR_WARNING, "the next start of the service applies them",
                    "steps of the schema are missing");
    } else {
        doctor_note(report, DOCTOR_FAILURE, "the service does not start with this database", "%s",
                    store_conn_why(conn));
    }
    store_conn_forgive(conn);
    return schema == STORE_SCHEMA_READY;
}

/* Rights are looked at before rows are. */
static void look_at_rights(struct doctor_report *report, struct store_conn *conn)
{
    static const char *const tries[] = {"UPDATE attempt SET progress = 0 WHERE FALSE",
                                        "DELETE FROM attempt WHERE FALSE",
                                        "INSERT INTO setting SELECT * FROM setting WHERE FALSE"};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        store_conn_forgive(conn);
        if (!store_conn_command(conn, tries[i])) {
            doctor_note(report, DOCTOR_FAILURE,
                        "GRANT ALL on the database to the account of the service, which nobody "
                        "else needs",
                        "%s", store_conn_why(conn));
            break;
        }
    }
    store_conn_forgive(conn);
}

static void look_at_settings(struct doctor_report *report, struct store_conn *conn,
                             unsigned connections)
{
    int64_t flush = ask(conn, "SELECT CAST(@@innodb_flush_log_at_trx_commit AS SIGNED)", 1);
    int64_t most = ask(conn, "SELECT CAST(@@max_connections AS SIGNED)", connections);
    int64_t now = ask(conn, "SELECT UNIX_TIMESTAMP()", (int64_t)time(NULL));
    int64_t ahead = now - (int64_t)time(NULL);
    if (flush != 1) {
        doctor_note(report, DOCTOR_WARNING, "set it to 1: a power loss can take back tasks",
                    "innodb_flush_log_at_trx_commit is %lld", (long long)flush);
    }
    if (most < connections) {
        doctor_note(report, DOCTOR_FAILURE, "raise it", "max_connections is %lld, %u are needed",
                    (long long)most, connections);
    }
    if (ask(conn, "SELECT CAST(@@read_only AS SIGNED)", 0) != 0) {
        doctor_note(report, DOCTOR_WARNING, "nothing can be created or stored until it is off",
                    "the server is read-only");
    }
    if (ahead > CLOCK_DIFFERENCE_MAX_S || ahead < -CLOCK_DIFFERENCE_MAX_S) {
        doctor_note(report, DOCTOR_WARNING,
                    "times in the table are the server's; let both machines use NTP",
                    "its clock is %lld s ahead of ours", (long long)ahead);
    }
}

static void look_at_administrators(struct doctor_report *report, struct store_conn *conn)
{
    int64_t count =
        ask(conn,
            "SELECT COUNT(*) FROM user JOIN user_role ON user_role.user_id = user.id JOIN role ON "
            "role.id = user_role.role_id WHERE role.name = 'admin' AND user.status = 'active'",
            -1);
    if (count == 0) {
        doctor_note(report, DOCTOR_WARNING, "taskyard user add --role=admin NAME",
                    "no administrator can sign in");
    } else if (count > 0) {
        doctor_note(report, DOCTOR_GOOD, NULL, "%lld administrators", (long long)count);
    }
}

void doctor_database(struct doctor_report *report, const struct store_config *config,
                     unsigned connections)
{
    struct store_conn *conn = store_conn_new(config, STORE_CONN_READER);
    if (!store_conn_open(conn)) {
        doctor_note(report, DOCTOR_FAILURE,
                    "systemctl status taskyard-database; for a server of your own: address, "
                    "account, password_file and tls in the configuration",
                    "%s", store_conn_why(conn));
        store_conn_free(conn);
        return;
    }
    look_at_version(report, conn);
    look_at_settings(report, conn, connections);
    if (look_at_schema(report, conn)) {
        look_at_rights(report, conn);
        look_at_administrators(report, conn);
    }
    store_conn_free(conn);
}
