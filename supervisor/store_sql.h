/* SPDX-License-Identifier: MIT */
/* Prepared statements: `struct sql` is one of them in use. Parameters are given in order, then
 * sql_run(), then rows, then sql_end(), which keeps the statement prepared for the next use. Errors
 * stay with the connection (store_conn_failure); every function takes the NULL of a failed
 * sql_begin() and does nothing with it, so only sql_run() need be checked. A statement is in use
 * once at a time; different ones may overlap. */
#ifndef SUPERVISOR_STORE_SQL_H
#define SUPERVISOR_STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SQL_LIST_MAX 256 /* ids in one IN list */
#define SQL_ROWS_MAX 64  /* rows in one INSERT */

struct sql;
struct store_conn;

struct sql *sql_begin(struct store_conn *conn, const char *text);
/* `before (?, ?, ...) after`, with room for `count` (1-256) ids, rounded up by sql_round_up(); fill
 * it by sql_id_list(). */
struct sql *sql_begin_list(struct store_conn *conn, const char *before, size_t count,
                           const char *after);
/* `before row, row, ... after`; `rows` is one of the few sizes that there are. */
struct sql *sql_begin_rows(struct store_conn *conn, const char *before, const char *row,
                           size_t rows, const char *after);
/* The smallest size that is at least `count`, and the largest that is at most `left` and `max`.
 * Sizes are 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32 ...: few texts, and little in vain. */
size_t sql_round_up(size_t count);
size_t sql_round_down(size_t left, size_t max);
/* The largest power of two that is at most `left` and `max`. */
size_t sql_chunk(size_t left, size_t max);

void sql_int(struct sql *sql, int64_t value);
void sql_int_or_null(struct sql *sql, int64_t value, int64_t null);
void sql_uint(struct sql *sql, uint64_t value);
void sql_text(struct sql *sql, const char *text); /* NULL is NULL; must live until sql_run() */
void sql_time(struct sql *sql, int64_t us);       /* 0 is NULL */
void sql_id_list(struct sql *sql, const uint64_t *ids, size_t count);

/* Executes. False: the connection has an error, or the statement is NULL. */
bool sql_run(struct sql *sql);
/* The rest of a statement that gives no rows and whose last parameter is a key: gives the key,
 * executes, ends. */
bool sql_run_with_key(struct sql *sql, uint64_t key);
/* Rows matched by an UPDATE, inserted or deleted. */
uint64_t sql_affected(const struct sql *sql);

/* The next row; false at the end. */
bool sql_next(struct sql *sql);
int64_t sql_get_int(const struct sql *sql, unsigned column); /* NULL gives 0 */
uint64_t sql_get_uint(const struct sql *sql, unsigned column);
const char *sql_get_text(const struct sql *sql,
                         unsigned column); /* until the next row; NULL gives NULL */
int64_t sql_get_time(const struct sql *sql,
                     unsigned column); /* microseconds since 1970; NULL gives 0 */
bool sql_is_null(const struct sql *sql, unsigned column);

void sql_end(struct sql *sql);
/* Runs it and ends it. *number: the only value of its only row, 0 if there is none. */
bool sql_read_number(struct sql *sql, uint64_t *number);

/* A pattern for LIKE ... ESCAPE '!': what the user typed taken literally, and `%` around it where
 * asked. Caller frees. */
char *sql_like(const char *text, bool anything_before, bool anything_after);

#endif
