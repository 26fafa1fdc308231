/* SPDX-License-Identifier: MIT */
/* Running prepared statements: parameters in, rows out. Text columns grow their buffers as rows
 * need it. */
#include "supervisor/store_mysql.h"

#include "common/xalloc.h"
#include "supervisor/store_sql.h"
#include "supervisor/store_statement.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PACKET_RESERVE 4096 /* what a packet holds beside the values */
#define TEXT_KEEP (64 * 1024)

static void time_to_mysql(int64_t us, MYSQL_TIME *out)
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    *out = (MYSQL_TIME){.year = (unsigned)tm.tm_year + 1900,
                        .month = (unsigned)tm.tm_mon + 1,
                        .day = (unsigned)tm.tm_mday,
                        .hour = (unsigned)tm.tm_hour,
                        .minute = (unsigned)tm.tm_min,
                        .second = (unsigned)tm.tm_sec,
                        .second_part = (unsigned long)(us % 1000000),
                        .time_type = MYSQL_TIMESTAMP_DATETIME};
}

static int64_t time_from_mysql(const MYSQL_TIME *in)
{
    struct tm tm = {.tm_year = (int)in->year - 1900,
                    .tm_mon = (int)in->month - 1,
                    .tm_mday = (int)in->day,
                    .tm_hour = (int)in->hour,
                    .tm_min = (int)in->minute,
                    .tm_sec = (int)in->second};
    return (int64_t)timegm(&tm) * 1000000 + (int64_t)in->second_part;
}

static MYSQL_BIND *next_parameter(struct sql *sql, union sql_value **value)
{
    assert(sql->next_parameter < sql->parameter_count);
    unsigned i = sql->next_parameter++;
    *value = &sql->parameter_values[i];
    MYSQL_BIND *bind = &sql->parameters[i];
    memset(bind, 0, sizeof *bind);
    return bind;
}

void sql_int(struct sql *sql, int64_t number)
{
    if (sql == NULL) {
        return;
    }
    union sql_value *value;
    MYSQL_BIND *bind = next_parameter(sql, &value);
    value->number = number;
    bind->buffer_type = MYSQL_TYPE_LONGLONG;
    bind->buffer = &value->number;
}

void sql_int_or_null(struct sql *sql, int64_t number, int64_t null)
{
    if (number == null) {
        sql_text(sql, NULL);
    } else {
        sql_int(sql, number);
    }
}

void sql_uint(struct sql *sql, uint64_t number)
{
    sql_int(sql, (int64_t)number); /* row ids stay far below 2^63 */
}

void sql_text(struct sql *sql, const char *text)
{
    if (sql == NULL) {
        return;
    }
    union sql_value *value;
    MYSQL_BIND *bind = next_parameter(sql, &value);
    if (text == NULL) {
        bind->buffer_type = MYSQL_TYPE_NULL;
        return;
    }
    bind->buffer_type = MYSQL_TYPE_STRING;
    bind->buffer = (void *)text;
    bind->buffer_length = strlen(text);
    value->length = bind->buffer_length;
    bind->length = &value->length;
    sql->bytes += bind->buffer_length;
}

void sql_time(struct sql *sql, int64_t us)
{
    if (sql == NULL) {
        return;
    }
    if (us == 0) {
        sql_text(sql, NULL);
        return;
    }
    union sql_value *value;
    MYSQL_BIND *bind = next_parameter(sql, &value);
    time_to_mysql(us, &value->time);
    bind->buffer_type = MYSQL_TYPE_DATETIME;
    bind->buffer = &value->time;
}

void sql_id_list(struct sql *sql, const uint64_t *ids, size_t count)
{
    if (sql == NULL) {
        return;
    }
    for (size_t i = 0; i < sql->list_size; i++) {
        sql_uint(sql,
                 ids[i < count ? i : count - 1]); /* the rest of the list repeats the last id */
    }
}

static bool execute(struct sql *sql)
{
    MYSQL_STMT *stmt = sql->stmt;
    if (sql->parameter_count > 0 && mysql_stmt_bind_param(stmt, sql->parameters) != 0) {
        return false;
    }
    if (mysql_stmt_execute(stmt) != 0) {
        return false;
    }
    if (sql->column_count == 0) {
        return true;
    }
    return mysql_stmt_bind_result(stmt, sql->columns) == 0 && mysql_stmt_store_result(stmt) == 0;
}

bool sql_run(struct sql *sql)
{
    if (sql == NULL) {
        return false;
    }
    struct store_conn *conn = sql->conn;
    assert(sql->next_parameter == sql->parameter_count);
    if (conn->failure != STORE_FAILURE_NONE) {
        return false;
    }
    if (sql->bytes + PACKET_RESERVE + 16 * sql->parameter_count > conn->packet_max) {
        store_conn_fail(conn, STORE_FAILURE_REFUSED, "larger than the server's max_allowed_packet");
        return false;
    }
    store_conn_call(conn);
    bool ok = execute(sql);
    store_conn_return(conn);
    if (!ok) {
        return store_conn_set_error(conn, mysql_stmt_errno(sql->stmt), mysql_stmt_error(sql->stmt));
    }
    sql->affected = sql->column_count == 0 ? mysql_stmt_affected_rows(sql->stmt) : 0;
    conn->changed = conn->changed || sql->affected > 0;
    return true;
}

bool sql_run_with_key(struct sql *sql, uint64_t key)
{
    sql_uint(sql, key);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

uint64_t sql_affected(const struct sql *sql)
{
    return sql == NULL ? 0 : sql->affected;
}

static void grow_text(struct sql *sql, unsigned i)
{
    struct sql_column *column = &sql->column_values[i];
    MYSQL_BIND *bind = &sql->columns[i];
    column->room = column->length + 1;
    column->text = xrealloc(column->text, column->room, 1);
    bind->buffer = column->text;
    bind->buffer_length = column->length;
    mysql_stmt_fetch_column(sql->stmt, bind, i, 0);
    sql->must_bind = true;
}

bool sql_next(struct sql *sql)
{
    if (sql == NULL || sql->column_count == 0) {
        return false;
    }
    if (sql->must_bind) {
        mysql_stmt_bind_result(sql->stmt, sql->columns);
        sql->must_bind = false;
    }
    int result = mysql_stmt_fetch(sql->stmt);
    if (result != 0 && result != MYSQL_DATA_TRUNCATED) {
        if (result != MYSQL_NO_DATA) {
            store_conn_set_error(sql->conn, mysql_stmt_errno(sql->stmt),
                                 mysql_stmt_error(sql->stmt));
        }
        return false;
    }
    for (unsigned i = 0; i < sql->column_count; i++) {
        struct sql_column *column = &sql->column_values[i];
        if (column->kind != SQL_COLUMN_TEXT || column->is_null) {
            continue;
        }
        if (column->length >= column->room) {
            grow_text(sql, i);
        }
        column->text[column->length] = '\0';
    }
    return true;
}

static const struct sql_column *get_column(const struct sql *sql, unsigned column)
{
    assert(sql != NULL && column < sql->column_count);
    return &sql->column_values[column];
}

int64_t sql_get_int(const struct sql *sql, unsigned column)
{
    const struct sql_column *value = get_column(sql, column);
    assert(value->kind == SQL_COLUMN_NUMBER);
    return value->is_null ? 0 : value->number;
}

uint64_t sql_get_uint(const struct sql *sql, unsigned column)
{
    return (uint64_t)sql_get_int(sql, column);
}

const char *sql_get_text(const struct sql *sql, unsigned column)
{
    const struct sql_column *value = get_column(sql, column);
    assert(value->kind == SQL_COLUMN_TEXT);
    return value->is_null ? NULL : value->text;
}

int64_t sql_get_time(const struct sql *sql, unsigned column)
{
    const struct sql_column *value = get_column(sql, column);
    assert(value->kind == SQL_COLUMN_TIME);
    return value->is_null ? 0 : time_from_mysql(&value->time);
}

bool sql_is_null(const struct sql *sql, unsigned column)
{
    return get_column(sql, column)->is_null;
}

static void shrink_texts(struct sql *sql)
{
    for (unsigned i = 0; i < sql->column_count; i++) {
        struct sql_column *column = &sql->column_values[i];
        if (column->room > TEXT_KEEP) {
            column->room = TEXT_KEEP;
            column->text = xrealloc(column->text, column->room, 1);
            sql->columns[i].buffer = column->text;
            sql->columns[i].buffer_length = column->room - 1;
        }
    }
}

void sql_end(struct sql *sql)
{
    if (sql == NULL) {
        return;
    }
    if (sql->column_count > 0) {
        mysql_stmt_free_result(sql->stmt);
        shrink_texts(sql);
    }
    sql->in_use = false;
}

bool sql_read_number(struct sql *sql, uint64_t *number)
{
    bool ok = sql_run(sql);
    *number = ok && sql_next(sql) ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

char *sql_like(const char *text, bool anything_before, bool anything_after)
{
    char *pattern = xmalloc(2 * strlen(text) + 3);
    char *to = pattern;
    if (anything_before) {
        *to++ = '%';
    }
    for (; *text != '\0'; text++) {
        if (*text == '%' || *text == '_' || *text == '!') {
            *to++ = '!';
        }
        *to++ = *text;
    }
    if (anything_after) {
        *to++ = '%';
    }
    *to = '\0';
    return pattern;
}
