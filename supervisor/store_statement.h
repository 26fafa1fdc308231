/* SPDX-License-Identifier: MIT */
/* The statements prepared on one connection, found by their text; included by store_sql.c and
 * store_statement.c alone. */
#ifndef SUPERVISOR_STORE_STATEMENT_H
#define SUPERVISOR_STORE_STATEMENT_H

#include "supervisor/store_mysql.h"

union sql_value {
    long long number;
    MYSQL_TIME time;
    unsigned long length; /* of a text */
};

enum sql_column_kind { SQL_COLUMN_NUMBER, SQL_COLUMN_TIME, SQL_COLUMN_TEXT };

struct sql_column {
    enum sql_column_kind kind;
    my_bool is_null;
    long long number;
    MYSQL_TIME time;
    char *text; /* owned; room bytes, the last one for a NUL */
    size_t room;
    unsigned long length; /* of this row's text, which may be more than there is room for */
};

struct sql {
    struct store_conn *conn;
    MYSQL_STMT *stmt;
    char *text;
    uint64_t hash;
    bool in_use;
    size_t list_size; /* ids in its IN list, 0 if it has none */
    unsigned parameter_count, next_parameter;
    size_t bytes; /* of the texts given so far */
    MYSQL_BIND *parameters;
    union sql_value *parameter_values;
    unsigned column_count;
    MYSQL_BIND *columns;
    struct sql_column *column_values;
    bool must_bind; /* a column's buffer has moved */
    uint64_t affected;
};

#endif
