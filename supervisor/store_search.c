/* SPDX-License-Identifier: MIT */
/* A filter becomes one or more arms, each a walk along one index (store_arm.c): a search for
 * "export" is one arm for each type whose name contains it, and one for the ids that begin with it.
 * The arms' matches are merged here. */
#include "supervisor/store_search.h"

#include "common/xalloc.h"
#include "supervisor/clock.h"
#include "supervisor/store_amount.h"
#include "supervisor/store_arm.h"
#include "supervisor/store_conn.h"
#include "supervisor/store_sql.h"
#include "supervisor/store_type_names.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUSES (TASK_CANCELLED + 1)
#define STATUSES_TEXT_SIZE 64

/* A filter and what has been found out about it. */
struct plan {
    const struct store_list_filter *filter;
    uint64_t first_id, end_id;
    bool rare[STATUSES]; /* fewer than STORE_SEARCH_MAX tasks of anybody have it */
};

/* ---- by time: ids grow with the time of creation ---- */

/* The task with this id or the next one after it. */
static bool next_task(struct store_conn *conn, uint64_t from, uint64_t *row_id, int64_t *created_us)
{
    struct sql *sql =
        sql_begin(conn, "SELECT id, created_at FROM task WHERE id >= ? ORDER BY id LIMIT 1");
    sql_uint(sql, from);
    bool ok = sql_run(sql);
    bool found = ok && sql_next(sql);
    *row_id = found ? sql_get_uint(sql, 0) : UINT64_MAX;
    *created_us = found ? sql_get_time(sql, 1) : INT64_MAX;
    sql_end(sql);
    return ok;
}

/* The first id whose task was created at that time or later. */
static bool find_time(struct store_conn *conn, int64_t us, uint64_t *row_id)
{
    uint64_t low = 0, high, found;
    int64_t created_us;
    if (!sql_read_number(sql_begin(conn, "SELECT COALESCE(MAX(id), 0) + 1 FROM task"), &high)) {
        return false;
    }
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (!next_task(conn, middle, &found, &created_us)) {
            return false;
        }
        if (created_us < us) {
            low = found + 1;
        } else {
            high = middle;
        }
    }
    *row_id = low;
    return true;
}

static bool find_times(struct store_conn *conn, struct plan *plan)
{
    const struct store_list_filter *filter = plan->filter;
    plan->first_id = 0;
    plan->end_id = INT64_MAX;
    return (filter->created_from_us == 0 ||
            find_time(conn, filter->created_from_us, &plan->first_id)) &&
           (filter->created_to_us == 0 ||
            find_time(conn, filter->created_to_us + 1, &plan->end_id));
}

/* ---- by status ---- */

static bool asks_for(const struct plan *plan, int status)
{
    return (plan->filter->statuses & (1u << status)) != 0;
}

static bool asks_for_any(const struct plan *plan)
{
    unsigned all = (1u << STATUSES) - 1;
    return (plan->filter->statuses & all) == 0 || (plan->filter->statuses & all) == all;
}

static bool is_rare(struct store_conn *conn, const char *status, bool *rare)
{
    int64_t now_ms = clock_ms();
    enum store_amount amount = store_amount_recall(status, now_ms);
    uint64_t one;
    *rare = amount == STORE_AMOUNT_FEW;
    if (amount != STORE_AMOUNT_UNKNOWN) {
        return true;
    }
    struct sql *sql =
        sql_begin(conn, "SELECT 1 FROM task FORCE INDEX (task_claim) WHERE status = ? AND "
                        "deleted_at IS NULL LIMIT 1 OFFSET ?");
    sql_text(sql, status);
    sql_int(sql, STORE_SEARCH_MAX - 1);
    if (!sql_read_number(sql, &one)) {
        return false;
    }
    *rare = one == 0;
    store_amount_note(status, one == 1, now_ms);
    return true;
}

static bool find_rare(struct store_conn *conn, struct plan *plan)
{
    bool ok = true;
    for (int status = 0; ok && status < STATUSES; status++) {
        if (asks_for(plan, status) && !asks_for_any(plan)) {
            ok = is_rare(conn, task_status_name((enum task_status)status), &plan->rare[status]);
        }
    }
    return ok;
}

/* Names of the statuses that are asked for, or of the common ones of them; NULL if there is none.
 */
static const char *join_statuses(const struct plan *plan, bool with_rare,
                                 char text[STATUSES_TEXT_SIZE])
{
    text[0] = '\0';
    for (int status = 0; status < STATUSES; status++) {
        size_t length = strlen(text);
        if (asks_for(plan, status) && (with_rare || !plan->rare[status])) {
            snprintf(text + length, STATUSES_TEXT_SIZE - length, "%s%s", length > 0 ? "," : "",
                     task_status_name((enum task_status)status));
        }
    }
    return text[0] != '\0' ? text : NULL;
}

/* One user's tasks of any type: an index has them by status. */
static bool run_own_statuses(struct store_conn *conn, const struct plan *plan, struct store_arm arm,
                             size_t want, struct store_search *search)
{
    bool ok = true;
    arm.index = "task_list_creator_status";
    for (int status = 0; ok && status < STATUSES; status++) {
        if (asks_for(plan, status)) {
            arm.status = task_status_name((enum task_status)status);
            ok = store_arm_walk(conn, &arm, want, search);
        }
    }
    return ok;
}

/* Rare statuses from the claim's index; the common ones by looking into the newest rows. */
static bool run_statuses(struct store_conn *conn, const struct plan *plan,
                         const struct store_arm *base, struct store_search *search)
{
    char text[STATUSES_TEXT_SIZE];
    bool everything = base->creator_id == NULL && base->type == NULL && plan->end_id == INT64_MAX;
    bool ok = true;
    for (int status = 0; ok && status < STATUSES; status++) {
        struct store_arm arm = *base;
        arm.index = "task_claim";
        arm.status = task_status_name((enum task_status)status);
        if (asks_for(plan, status) && plan->rare[status]) {
            ok = store_arm_gather(conn, &arm, search);
        } else if (asks_for(plan, status) && everything) {
            ok = store_arm_newest_due(conn, &arm, plan->filter->created_from_us, search);
        }
    }
    struct store_arm rest = *base;
    rest.statuses = join_statuses(plan, false, text);
    return ok && (everything || rest.statuses == NULL || store_arm_look(conn, &rest, search));
}

/* ---- by creator and type ---- */

static const char *index_for(const char *creator_id, const char *type)
{
    if (creator_id != NULL) {
        return type != NULL ? "task_list_creator_type" : "task_list_creator";
    }
    return type != NULL ? "task_list_type" : "task_list";
}

static struct store_arm make_arm(const struct plan *plan, const char *type)
{
    return (struct store_arm){.index = index_for(plan->filter->creator_id, type),
                              .creator_id = plan->filter->creator_id,
                              .type = type,
                              .first_id = plan->first_id,
                              .end_id = plan->end_id};
}

static bool run_type(struct store_conn *conn, const struct plan *plan, const char *type,
                     size_t want, struct store_search *search)
{
    struct store_arm arm = make_arm(plan, type);
    if (asks_for_any(plan)) {
        return store_arm_walk(conn, &arm, want, search);
    }
    if (arm.creator_id != NULL && type == NULL) {
        return run_own_statuses(conn, plan, arm, want, search);
    }
    return run_statuses(conn, plan, &arm, search);
}

/* ---- search ---- */

/* Can this be the beginning of an id? */
static bool looks_like_id(const char *text)
{
    size_t length = strspn(text, "0123456789abcdefABCDEF-");
    return length > 0 && length < TASK_ID_SIZE && text[length] == '\0';
}

static char *id_pattern(const char *search)
{
    char *lower = xstrdup(search);
    for (char *c = lower; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    char *pattern = sql_like(lower, false, true);
    free(lower);
    return pattern;
}

static bool count_alike(struct store_conn *conn, const char *pattern, uint64_t *count)
{
    struct sql *sql = sql_begin(
        conn,
        "SELECT COUNT(*) FROM (SELECT 1 FROM task WHERE uuid LIKE ? ESCAPE '!' LIMIT ?) some");
    sql_text(sql, pattern);
    sql_int(sql, STORE_SEARCH_MAX);
    return sql_read_number(sql, count);
}

/* Few such ids: take them from their index. Many: the next one in the order of the list is never
 * far, as ids are random; of everybody's there are as many as are ever counted. */
static bool run_ids(struct store_conn *conn, const struct plan *plan, struct store_arm arm,
                    size_t want, struct store_search *search)
{
    char text[STATUSES_TEXT_SIZE];
    uint64_t alike;
    if (!count_alike(conn, arm.id_pattern, &alike)) {
        return false;
    }
    arm.statuses = asks_for_any(plan) ? NULL : join_statuses(plan, true, text);
    if (alike < STORE_SEARCH_MAX) {
        arm.index = "task_uuid";
        return store_arm_gather(conn, &arm, search);
    }
    if (arm.creator_id != NULL || arm.type != NULL || arm.statuses != NULL || arm.first_id > 0 ||
        arm.end_id < INT64_MAX) {
        return store_arm_look(conn, &arm, search);
    }
    search->total += alike;
    return store_arm_take(conn, &arm, want, search);
}

static bool run_search(struct store_conn *conn, const struct plan *plan, size_t want,
                       struct store_search *search)
{
    const struct store_list_filter *filter = plan->filter;
    struct store_type_names types;
    bool ok = store_type_names_find(conn, filter->creator_id, filter->search, filter->type, &types);
    for (size_t i = 0; ok && i < types.count; i++) {
        ok = run_type(conn, plan, types.names[i], want, search);
    }
    if (ok && looks_like_id(filter->search)) {
        struct store_arm arm = make_arm(plan, filter->type);
        char *ids = id_pattern(filter->search), *others = sql_like(filter->search, true, true);
        arm.id_pattern = ids;
        arm.type_pattern = others;
        ok = run_ids(conn, plan, arm, want, search);
        free(ids);
        free(others);
    }
    return ok;
}

static int newest_first(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? 1 : left > right ? -1 : 0;
}

/* A task may move from one arm to another between their queries. */
static void sort_ids(struct store_search *search)
{
    size_t kept = 0;
    if (search->count == 0) {
        return;
    }
    qsort(search->row_ids, search->count, sizeof *search->row_ids, newest_first);
    for (size_t i = 0; i < search->count; i++) {
        if (i == 0 || search->row_ids[i] != search->row_ids[i - 1]) {
            search->row_ids[kept++] = search->row_ids[i];
        }
    }
    search->count = kept;
}

bool store_search_run(struct store_conn *conn, const struct store_list_filter *filter, size_t want,
                      struct store_search *search)
{
    struct plan plan = {.filter = filter};
    *search = (struct store_search){0};
    bool searched = filter->search != NULL && filter->search[0] != '\0';
    bool ok = find_times(conn, &plan) && find_rare(conn, &plan) &&
              (searched ? run_search(conn, &plan, want, search)
                        : run_type(conn, &plan, filter->type, want, search));
    if (!ok) {
        store_search_clear(search);
        return false;
    }
    sort_ids(search);
    if (search->total < search->count) {
        search->total = search->count; /* some came after they were counted */
    }
    search->total = search->total < STORE_SEARCH_MAX ? search->total : STORE_SEARCH_MAX;
    return true;
}

void store_search_clear(struct store_search *search)
{
    free(search->row_ids);
    *search = (struct store_search){0};
}
