/* SPDX-License-Identifier: MIT */
/* A filter becomes one or more arms, each a walk along one index: a search for "export" is one arm
 * for each type whose name contains it, and one for the ids that begin with it. The arms' matches
 * are merged here. */
#include "supervisor/store_search.h"

#include "common/xalloc.h"
#include "supervisor/store_conn.h"
#include "supervisor/store_sql.h"
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPES_MAX 64 /* arms by type; the registry holds far fewer types */
#define TYPES_LOOKED_AT 1000
#define TEXT_SIZE 768

/* One walk. NULL members do not restrict. */
struct arm {
    const char *index;
    const char *creator_id;
    const char *type;
    const char *status;
    const char *id_pattern;
    const char *type_pattern; /* with id_pattern: leaves out types that have an arm of their own */
};

static void write_conditions(const struct arm *arm, char text[TEXT_SIZE])
{
    snprintf(text, TEXT_SIZE, "FROM task FORCE INDEX (%s) WHERE deleted_at IS NULL%s%s%s%s%s",
             arm->index, arm->creator_id != NULL ? " AND creator_id = ?" : "",
             arm->type != NULL ? " AND type = ?" : "", arm->status != NULL ? " AND status = ?" : "",
             arm->id_pattern != NULL ? " AND uuid LIKE ? ESCAPE '!'" : "",
             arm->type_pattern != NULL
                 ? " AND type COLLATE utf8mb4_unicode_ci NOT LIKE ? ESCAPE '!'"
                 : "");
}

static void give_conditions(const struct arm *arm, struct sql *sql)
{
    const char *const values[] = {arm->creator_id, arm->type, arm->status, arm->id_pattern,
                                  arm->type_pattern};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (values[i] != NULL) {
            sql_text(sql, values[i]);
        }
    }
}

static bool read_number(struct sql *sql, uint64_t *number)
{
    bool ok = sql_run(sql) && sql_next(sql);
    *number = ok ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

static bool count_arm(struct store_conn *conn, const struct arm *arm, uint64_t *count)
{
    char conditions[TEXT_SIZE], text[TEXT_SIZE + 64];
    write_conditions(arm, conditions);
    snprintf(text, sizeof text, "SELECT COUNT(*) FROM (SELECT 1 %s LIMIT ?) some", conditions);
    struct sql *sql = sql_begin(conn, text);
    give_conditions(arm, sql);
    sql_int(sql, STORE_SEARCH_MAX);
    return read_number(sql, count);
}

static void add_id(struct store_search *search, uint64_t row_id)
{
    if (search->count == search->room) {
        search->room = search->room == 0 ? 128 : 2 * search->room;
        search->row_ids = xrealloc(search->row_ids, search->room, sizeof *search->row_ids);
    }
    search->row_ids[search->count++] = row_id;
}

static bool read_ids(struct sql *sql, struct store_search *search)
{
    bool ok = sql_run(sql);
    while (ok && sql_next(sql)) {
        add_id(search, sql_get_uint(sql, 0));
    }
    sql_end(sql);
    return ok;
}

static bool walk_arm(struct store_conn *conn, const struct arm *arm, size_t want,
                     struct store_search *search)
{
    char conditions[TEXT_SIZE], text[TEXT_SIZE + 64];
    write_conditions(arm, conditions);
    snprintf(text, sizeof text, "SELECT id %s ORDER BY id DESC LIMIT ?", conditions);
    struct sql *sql = sql_begin(conn, text);
    give_conditions(arm, sql);
    sql_uint(sql, want);
    return read_ids(sql, search);
}

/* No index has a status in the order of ids (it would be written at each claim and each end). The
 * claim's index has it in the order of due times, which for the newest STORE_SEARCH_MAX comes to
 * nearly the same; they are sorted here. */
static bool walk_status(struct store_conn *conn, const char *status, size_t want,
                        struct store_search *search)
{
    struct sql *sql = sql_begin(
        conn, "SELECT id FROM (SELECT id FROM task FORCE INDEX (task_claim) WHERE status = ? "
              "AND deleted_at IS NULL ORDER BY due_at DESC, id DESC LIMIT ?) newest "
              "ORDER BY id DESC LIMIT ?");
    sql_text(sql, status);
    sql_int(sql, STORE_SEARCH_MAX);
    sql_uint(sql, want);
    return read_ids(sql, search);
}

static const char *index_for(const char *creator_id, const char *type)
{
    if (creator_id != NULL) {
        return type != NULL ? "task_list_creator_type" : "task_list_creator";
    }
    return type != NULL ? "task_list_type" : "task_list";
}

static struct arm make_arm(const struct store_list_filter *filter, const char *type)
{
    return (struct arm){
        .index = index_for(filter->creator_id, type),
        .creator_id = filter->creator_id,
        .type = type,
        .status = filter->status >= 0 ? task_status_name((enum task_status)filter->status) : NULL};
}

static bool run_arm(struct store_conn *conn, struct arm arm, size_t want,
                    struct store_search *search)
{
    uint64_t count;
    bool by_status =
        arm.status != NULL && arm.creator_id == NULL && arm.type == NULL && arm.id_pattern == NULL;
    if (by_status) {
        arm.index = "task_claim";
    }
    if (!count_arm(conn, &arm, &count)) {
        return false;
    }
    search->total += count;
    return by_status ? walk_status(conn, arm.status, want, search)
                     : walk_arm(conn, &arm, want, search);
}

/* ---- search ---- */

struct type_list {
    char names[TYPES_MAX][TASK_TYPE_MAX + 1];
    size_t count;
};

/* The next type there is, in their order: one look into an index, however many tasks there are of
 * it. "" at the end. */
static bool next_type(struct store_conn *conn, const char *creator_id, char type[TASK_TYPE_MAX + 1])
{
    struct sql *sql = sql_begin(
        conn, creator_id != NULL
                  ? "SELECT MIN(type) FROM task FORCE INDEX (task_list_creator_type) WHERE "
                    "creator_id = ? AND type > ?"
                  : "SELECT MIN(type) FROM task FORCE INDEX (task_list_type) WHERE type > ?");
    if (creator_id != NULL) {
        sql_text(sql, creator_id);
    }
    sql_text(sql, type);
    bool ok = sql_run(sql) && sql_next(sql);
    const char *next = ok ? sql_get_text(sql, 0) : NULL;
    snprintf(type, TASK_TYPE_MAX + 1, "%s", next != NULL ? next : "");
    sql_end(sql);
    return ok;
}

static bool find_types(struct store_conn *conn, const struct store_list_filter *filter,
                       struct type_list *types)
{
    char type[TASK_TYPE_MAX + 1] = "";
    for (unsigned i = 0; i < TYPES_LOOKED_AT && types->count < TYPES_MAX; i++) {
        if (!next_type(conn, filter->creator_id, type)) {
            return false;
        }
        if (type[0] == '\0') {
            break;
        }
        if (strcasestr(type, filter->search) != NULL &&
            (filter->type == NULL || strcmp(filter->type, type) == 0)) {
            snprintf(types->names[types->count++], sizeof types->names[0], "%s", type);
        }
    }
    return true;
}

/* Can this be the beginning of an id? */
static bool looks_like_id(const char *text)
{
    size_t length = strspn(text, "0123456789abcdefABCDEF-");
    return length > 0 && length < TASK_ID_SIZE && text[length] == '\0';
}

static bool run_id_arm(struct store_conn *conn, const struct store_list_filter *filter,
                       const char *type_pattern, size_t want, struct store_search *search)
{
    char *lower = xstrdup(filter->search);
    for (char *c = lower; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    char *pattern = sql_like(lower, false, true);
    free(lower);
    struct arm arm = make_arm(filter, filter->type);
    arm.id_pattern = pattern;
    arm.type_pattern = type_pattern;
    /* Few such ids: take them from their index and sort. Many: the next one in the order of the
     * list is never far, as ids are random, and there are as many as are ever counted. */
    struct sql *sql = sql_begin(
        conn,
        "SELECT COUNT(*) FROM (SELECT 1 FROM task WHERE uuid LIKE ? ESCAPE '!' LIMIT ?) some");
    sql_text(sql, pattern);
    sql_int(sql, STORE_SEARCH_MAX);
    uint64_t alike;
    bool ok = read_number(sql, &alike);
    bool many = alike == STORE_SEARCH_MAX;
    if (!many) {
        arm.index = "task_uuid";
    }
    if (ok && many && arm.creator_id == NULL && arm.type == NULL && arm.status == NULL) {
        search->total += alike;
        ok = walk_arm(conn, &arm, want, search);
    } else {
        ok = ok && run_arm(conn, arm, want, search);
    }
    free(pattern);
    return ok;
}

static bool run_search(struct store_conn *conn, const struct store_list_filter *filter, size_t want,
                       struct store_search *search)
{
    struct type_list types = {.count = 0};
    char *pattern = sql_like(filter->search, true, true);
    bool ok = find_types(conn, filter, &types);
    for (size_t i = 0; ok && i < types.count; i++) {
        ok = run_arm(conn, make_arm(filter, types.names[i]), want, search);
    }
    if (ok && looks_like_id(filter->search)) {
        ok = run_id_arm(conn, filter, pattern, want, search);
    }
    free(pattern);
    return ok;
}

static int newest_first(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? 1 : left > right ? -1 : 0;
}

bool store_search_run(struct store_conn *conn, const struct store_list_filter *filter, size_t want,
                      struct store_search *search)
{
    *search = (struct store_search){0};
    bool searched = filter->search != NULL && filter->search[0] != '\0';
    bool ok = searched ? run_search(conn, filter, want, search)
                       : run_arm(conn, make_arm(filter, filter->type), want, search);
    if (!ok) {
        store_search_clear(search);
        return false;
    }
    if (search->count > 0) {
        qsort(search->row_ids, search->count, sizeof *search->row_ids, newest_first);
    }
    search->total = search->total < STORE_SEARCH_MAX ? search->total : STORE_SEARCH_MAX;
    return true;
}

void store_search_clear(struct store_search *search)
{
    free(search->row_ids);
    *search = (struct store_search){0};
}
