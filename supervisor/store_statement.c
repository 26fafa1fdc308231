/* SPDX-License-Identifier: MIT */
/* Preparing statements once a connection, and building the texts of those with lists. */
#include "supervisor/store_statement.h"

#include "common/xalloc.h"
#include "supervisor/store_sql.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_SLOTS 2048 /* power of two, at least twice the statements there are */
#define CACHE_MAX 1024
#define TEXT_ROOM 256 /* a text column's first buffer */

struct sql_cache {
    struct sql *slots[CACHE_SLOTS];
    size_t count;
};

struct sql_cache *sql_cache_new(void)
{
    return xcalloc(1, sizeof(struct sql_cache));
}

static void statement_free(struct sql *sql)
{
    for (unsigned i = 0; i < sql->column_count; i++) {
        free(sql->column_values[i].text);
    }
    free(sql->column_values);
    free(sql->columns);
    free(sql->parameter_values);
    free(sql->parameters);
    if (sql->stmt != NULL) {
        mysql_stmt_close(sql->stmt);
    }
    free(sql->text);
    free(sql);
}

static void cache_clear(struct sql_cache *cache)
{
    for (size_t i = 0; i < CACHE_SLOTS; i++) {
        if (cache->slots[i] != NULL) {
            statement_free(cache->slots[i]);
            cache->slots[i] = NULL;
        }
    }
    cache->count = 0;
}

void sql_cache_free(struct sql_cache *cache)
{
    if (cache != NULL) {
        cache_clear(cache);
        free(cache);
    }
}

static uint64_t hash_text(const char *text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    }
    return hash;
}

/* The statement's slot, or the free one where it belongs. */
static struct sql **cache_slot(struct sql_cache *cache, const char *text, uint64_t hash)
{
    size_t i = hash % CACHE_SLOTS;
    while (cache->slots[i] != NULL &&
           (cache->slots[i]->hash != hash || strcmp(cache->slots[i]->text, text) != 0)) {
        i = (i + 1) % CACHE_SLOTS;
    }
    return &cache->slots[i];
}

static void bind_column(struct sql *sql, unsigned i, const MYSQL_FIELD *field)
{
    struct sql_column *column = &sql->column_values[i];
    MYSQL_BIND *bind = &sql->columns[i];
    bind->is_null = &column->is_null;
    bind->length = &column->length;
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_NEWDECIMAL: /* COALESCE and SUM of whole numbers */
        column->kind = SQL_COLUMN_NUMBER;
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = &column->number;
        bind->is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
        break;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        column->kind = SQL_COLUMN_TIME;
        bind->buffer_type = MYSQL_TYPE_DATETIME;
        bind->buffer = &column->time;
        break;
    default:
        column->kind = SQL_COLUMN_TEXT;
        column->room = TEXT_ROOM;
        column->text = xmalloc(column->room);
        bind->buffer_type = MYSQL_TYPE_STRING;
        bind->buffer = column->text;
        bind->buffer_length = column->room - 1;
        break;
    }
}

static void describe(struct sql *sql)
{
    sql->parameter_count = (unsigned)mysql_stmt_param_count(sql->stmt);
    sql->parameters = xcalloc(sql->parameter_count + 1, sizeof *sql->parameters);
    sql->parameter_values = xcalloc(sql->parameter_count + 1, sizeof *sql->parameter_values);
    MYSQL_RES *result = mysql_stmt_result_metadata(sql->stmt);
    if (result == NULL) {
        return;
    }
    sql->column_count = mysql_num_fields(result);
    sql->columns = xcalloc(sql->column_count, sizeof *sql->columns);
    sql->column_values = xcalloc(sql->column_count, sizeof *sql->column_values);
    for (unsigned i = 0; i < sql->column_count; i++) {
        bind_column(sql, i, &mysql_fetch_fields(result)[i]);
    }
    mysql_free_result(result);
}

static struct sql *prepare(struct store_conn *conn, const char *text, uint64_t hash)
{
    struct sql *sql = xcalloc(1, sizeof *sql);
    sql->conn = conn;
    sql->hash = hash;
    sql->text = xstrdup(text);
    sql->stmt = mysql_stmt_init(conn->mysql);
    if (sql->stmt == NULL) {
        abort(); /* out of memory */
    }
    store_conn_call(conn);
    int failed = mysql_stmt_prepare(sql->stmt, text, strlen(text));
    store_conn_return(conn);
    if (failed) {
        store_conn_set_error(conn, mysql_stmt_errno(sql->stmt), mysql_stmt_error(sql->stmt));
        statement_free(sql);
        return NULL;
    }
    describe(sql);
    return sql;
}

struct sql *sql_begin(struct store_conn *conn, const char *text)
{
    if (conn->failure != STORE_FAILURE_NONE) {
        return NULL;
    }
    struct sql_cache *cache = conn->statements;
    uint64_t hash = hash_text(text);
    struct sql **slot = cache_slot(cache, text, hash);
    if (*slot == NULL) {
        assert(cache->count < CACHE_MAX); /* the program has far fewer texts */
        *slot = prepare(conn, text, hash);
        cache->count += *slot != NULL;
    }
    struct sql *sql = *slot;
    if (sql != NULL) {
        assert(!sql->in_use);
        sql->in_use = true;
        sql->list_size = 0;
        sql->next_parameter = 0;
        sql->bytes = 0;
    }
    return sql;
}

/* Sizes lie this far apart. */
static size_t size_step(size_t count)
{
    size_t step = 1;
    while (step * 8 <= count) {
        step *= 2;
    }
    return step;
}

size_t sql_round_up(size_t count)
{
    size_t step = size_step(count);
    return count > step * 6 ? step * 8 : (count + step - 1) / step * step;
}

size_t sql_round_down(size_t left, size_t max)
{
    size_t count = left < max ? left : max, step = size_step(count);
    return count > step * 6 ? step * 6 : count / step * step;
}

size_t sql_chunk(size_t left, size_t max)
{
    size_t chunk = 1;
    while (chunk * 2 <= left && chunk * 2 <= max) {
        chunk *= 2;
    }
    return chunk;
}

static struct sql *begin_repeated(struct store_conn *conn, const char *const parts[3], size_t count,
                                  const char *separator)
{
    size_t size =
        strlen(parts[0]) + strlen(parts[2]) + 1 + count * (strlen(parts[1]) + strlen(separator));
    char *text = xmalloc(size);
    char *to = stpcpy(text, parts[0]);
    for (size_t i = 0; i < count; i++) {
        to = stpcpy(to, i > 0 ? separator : "");
        to = stpcpy(to, parts[1]);
    }
    stpcpy(to, parts[2]);
    struct sql *sql = sql_begin(conn, text);
    free(text);
    return sql;
}

struct sql *sql_begin_list(struct store_conn *conn, const char *before, size_t count,
                           const char *after)
{
    assert(count > 0 && count <= SQL_LIST_MAX);
    size_t size = sql_round_up(count);
    char *head = xasprintf("%s (", before);
    char *tail = xasprintf(") %s", after);
    struct sql *sql = begin_repeated(conn, (const char *[]){head, "?", tail}, size, ", ");
    free(head);
    free(tail);
    if (sql != NULL) {
        sql->list_size = size;
    }
    return sql;
}

struct sql *sql_begin_rows(struct store_conn *conn, const char *before, const char *row,
                           size_t rows, const char *after)
{
    assert(rows > 0 && rows <= SQL_ROWS_MAX);
    char *head = xasprintf("%s ", before);
    char *tail = xasprintf(" %s", after);
    struct sql *sql = begin_repeated(conn, (const char *[]){head, row, tail}, rows, ", ");
    free(head);
    free(tail);
    return sql;
}
