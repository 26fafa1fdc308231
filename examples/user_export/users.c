/* SPDX-License-Identifier: MIT */
/* Prepared statements only; pages by key (id below the last one seen), so that the last page costs
 * what the first does. */
#include "examples/user_export/users.h"

#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT_S 10
#define ANSWER_TIMEOUT_S 60
#define CELL_SIZE 1024         /* 255 characters of up to 4 bytes */
#define ROLES_SIZE (64 * 1024) /* all role names of one user */
#define ROLES_COLUMN 6         /* among the cells */
#define PATTERN_SIZE (2 * FILTER_KEYWORDS_MAX + 3)

#define WHERE                                                                                      \
    " WHERE u.deleted_at IS NULL AND (? = '' OR u.status = ?)"                                     \
    " AND (? = '' OR u.username COLLATE utf8mb4_unicode_ci LIKE ? ESCAPE '!'"                      \
    " OR u.email LIKE ? ESCAPE '!' OR u.full_name LIKE ? ESCAPE '!')"
#define FILTER_PARAMETERS 6

static const char count_sql[] = "SELECT COUNT(*) FROM user u" WHERE;

/* No cell is NULL: an absent one is empty. */
static const char page_sql[] =
    "SELECT u.id, u.username, u.email, u.full_name, u.phone, u.status, u.source,"
    " COALESCE((SELECT GROUP_CONCAT(r.name ORDER BY r.name SEPARATOR '; ') FROM user_role ur"
    " JOIN role r ON r.id = ur.role_id WHERE ur.user_id = u.id), ''),"
    " IF(u.mfa_enabled, 'true', 'false'),"
    " COALESCE(DATE_FORMAT(u.last_login, '%Y-%m-%dT%H:%i:%sZ'), ''),"
    " COALESCE(DATE_FORMAT(u.created_at, '%Y-%m-%dT%H:%i:%sZ'), '')"
    " FROM user u" WHERE " AND u.id < ? ORDER BY u.id DESC LIMIT 100";

struct users {
    MYSQL *connection;
    MYSQL_STMT *page;
    const struct filter *filter;
    char pattern[PATTERN_SIZE]; /* for LIKE */
    unsigned long long below;   /* next page: ids below this */
    unsigned long long id;      /* of the row in the buffers */
    char cells[USERS_COLUMNS][CELL_SIZE];
    char roles[ROLES_SIZE];
};

/* %keywords%, its own wildcards taken literally. */
static void make_pattern(const char *keywords, char *pattern)
{
    *pattern++ = '%';
    for (; *keywords != '\0'; keywords++) {
        if (strchr("%_!", *keywords) != NULL)
            *pattern++ = '!';
        *pattern++ = *keywords;
    }
    strcpy(pattern, "%");
}

static void bind_text(MYSQL_BIND *bind, const char *text)
{
    bind->buffer_type = MYSQL_TYPE_STRING;
    bind->buffer = (void *)text;
    bind->buffer_length = strlen(text);
}

static void bind_filter(struct users *users, MYSQL_BIND binds[FILTER_PARAMETERS])
{
    bind_text(&binds[0], users->filter->status);
    bind_text(&binds[1], users->filter->status);
    bind_text(&binds[2], users->filter->keywords);
    for (int i = 3; i < FILTER_PARAMETERS; i++)
        bind_text(&binds[i], users->pattern);
}

static MYSQL_STMT *prepare(struct users *users, const char *sql, const char **why)
{
    MYSQL_STMT *statement = mysql_stmt_init(users->connection);

    if (statement == NULL || mysql_stmt_prepare(statement, sql, strlen(sql)) != 0) {
        *why = mysql_error(users->connection);
        if (statement != NULL)
            mysql_stmt_close(statement);
        return NULL;
    }
    return statement;
}

static bool connect_by_file(MYSQL *connection, const char *option_file)
{
    unsigned connect_s = CONNECT_TIMEOUT_S, answer_s = ANSWER_TIMEOUT_S;

    mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_options(connection, MYSQL_OPT_READ_TIMEOUT, &answer_s);
    mysql_options(connection, MYSQL_OPT_WRITE_TIMEOUT, &answer_s);
    mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(connection, MYSQL_READ_DEFAULT_FILE, option_file);
    mysql_options(connection, MYSQL_READ_DEFAULT_GROUP, "client");
    return mysql_real_connect(connection, NULL, NULL, NULL, NULL, 0, NULL, 0) != NULL &&
           mysql_query(connection, "SET SESSION group_concat_max_len = 65535") == 0;
}

struct users *users_open(const char *option_file, const struct filter *filter, const char **why)
{
    struct users *users = calloc(1, sizeof(*users));

    *why = "out of memory";
    if (users == NULL)
        return NULL;
    users->filter = filter;
    users->below = ~0ULL;
    make_pattern(filter->keywords, users->pattern);
    users->connection = mysql_init(NULL);
    if (users->connection == NULL)
        return users_close(users), NULL;
    if (!connect_by_file(users->connection, option_file))
        *why = mysql_error(users->connection);
    else if ((users->page = prepare(users, page_sql, why)) != NULL)
        return users;
    return NULL; /* the connection is kept: its message is being read */
}

void users_close(struct users *users)
{
    if (users == NULL)
        return;
    if (users->page != NULL)
        mysql_stmt_close(users->page);
    if (users->connection != NULL)
        mysql_close(users->connection);
    free(users);
}

long long users_count(struct users *users, const char **why)
{
    MYSQL_BIND parameters[FILTER_PARAMETERS] = {{0}}, result[1] = {{0}};
    MYSQL_STMT *statement = prepare(users, count_sql, why);
    long long count = -1;

    if (statement == NULL)
        return -1;
    bind_filter(users, parameters);
    result[0].buffer_type = MYSQL_TYPE_LONGLONG;
    result[0].buffer = &count;
    if (mysql_stmt_bind_param(statement, parameters) != 0 || mysql_stmt_execute(statement) != 0 ||
        mysql_stmt_bind_result(statement, result) != 0 || mysql_stmt_fetch(statement) != 0) {
        *why = mysql_error(users->connection);
        count = -1;
    }
    mysql_stmt_close(statement);
    return count;
}

static bool execute_page(struct users *users)
{
    MYSQL_BIND parameters[FILTER_PARAMETERS + 1] = {{0}}, result[USERS_COLUMNS + 1] = {{0}};

    bind_filter(users, parameters);
    parameters[FILTER_PARAMETERS].buffer_type = MYSQL_TYPE_LONGLONG;
    parameters[FILTER_PARAMETERS].buffer = &users->below;
    parameters[FILTER_PARAMETERS].is_unsigned = 1;
    result[0].buffer_type = MYSQL_TYPE_LONGLONG;
    result[0].buffer = &users->id;
    result[0].is_unsigned = 1;
    for (int i = 0; i < USERS_COLUMNS; i++) {
        result[i + 1].buffer_type = MYSQL_TYPE_STRING;
        result[i + 1].buffer = i == ROLES_COLUMN ? users->roles : users->cells[i];
        result[i + 1].buffer_length = i == ROLES_COLUMN ? ROLES_SIZE : CELL_SIZE;
    }
    /* The page is taken over as a whole, so that the server is free while it is written out. */
    return mysql_stmt_bind_param(users->page, parameters) == 0 &&
           mysql_stmt_execute(users->page) == 0 &&
           mysql_stmt_bind_result(users->page, result) == 0 &&
           mysql_stmt_store_result(users->page) == 0;
}

int users_next_page(struct users *users, users_row_fn row, void *arg, const char **why)
{
    const char *cells[USERS_COLUMNS];
    int rows = 0, status = 1;

    for (int i = 0; i < USERS_COLUMNS; i++)
        cells[i] = i == ROLES_COLUMN ? users->roles : users->cells[i];
    if (execute_page(users)) {
        while ((status = mysql_stmt_fetch(users->page)) == 0) {
            users->below = users->id;
            rows++;
            if (!row(arg, cells))
                break;
        }
    }
    mysql_stmt_free_result(users->page);
    if (status == 1)
        *why = mysql_stmt_error(users->page);
    else if (status == MYSQL_DATA_TRUNCATED)
        *why = "a value in the database is longer than its column allows";
    return status == 1 || status == MYSQL_DATA_TRUNCATED ? -1 : rows;
}
