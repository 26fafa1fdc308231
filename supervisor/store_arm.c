/* SPDX-License-Identifier: MIT */
/* Builds the text of a walk from fixed pieces; what the user gave goes in as parameters. */
#include "supervisor/store_arm.h"

#include "common/xalloc.h"
#include "supervisor/clock.h"
#include "supervisor/store_amount.h"
#include "supervisor/store_conn.h"
#include "supervisor/store_sql.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_SIZE 1024

static void write_index_conditions(const struct store_arm *arm, char text[TEXT_SIZE])
{
    snprintf(text, TEXT_SIZE,
             "FROM task FORCE INDEX (%s) WHERE deleted_at IS NULL%s%s%s AND id >= ? AND id < ?",
             arm->index, arm->creator_id != NULL ? " AND creator_id = ?" : "",
             arm->type != NULL ? " AND type = ?" : "",
             arm->status != NULL ? " AND status = ?" : "");
}

static void write_row_conditions(const struct store_arm *arm, char text[TEXT_SIZE])
{
    snprintf(
        text, TEXT_SIZE, "%s%s%s", arm->statuses != NULL ? " AND FIND_IN_SET(status, ?) > 0" : "",
        arm->id_pattern != NULL ? " AND uuid LIKE ? ESCAPE '!'" : "",
        arm->type_pattern != NULL ? " AND type COLLATE utf8mb4_unicode_ci NOT LIKE ? ESCAPE '!'"
                                  : "");
}

static void give_texts(struct sql *sql, const char *const texts[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (texts[i] != NULL) {
            sql_text(sql, texts[i]);
        }
    }
}

static void give_index_conditions(const struct store_arm *arm, struct sql *sql)
{
    give_texts(sql, (const char *const[]){arm->creator_id, arm->type, arm->status}, 3);
    sql_uint(sql, arm->first_id);
    sql_uint(sql, arm->end_id);
}

static void give_row_conditions(const struct store_arm *arm, struct sql *sql)
{
    give_texts(sql, (const char *const[]){arm->statuses, arm->id_pattern, arm->type_pattern}, 3);
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

/* The server counts what it need not hand out ten times faster than it fills a derived table, but
 * without end; so it is first found out whether there is one. */
static bool look_for_plenty(struct store_conn *conn, const struct store_arm *arm,
                            const char *conditions, bool *plenty)
{
    char text[TEXT_SIZE + 64];
    uint64_t one;
    snprintf(text, sizeof text, "SELECT 1 %s LIMIT 1 OFFSET ?", conditions);
    struct sql *sql = sql_begin(conn, text);
    give_index_conditions(arm, sql);
    sql_int(sql, STORE_SEARCH_MAX - 1);
    bool ok = sql_read_number(sql, &one);
    *plenty = one == 1;
    return ok;
}

static char *name_of(const struct store_arm *arm)
{
    return xasprintf("%s %s/%s/%s %" PRIu64 "-%" PRIu64, arm->index,
                     arm->creator_id != NULL ? arm->creator_id : "",
                     arm->type != NULL ? arm->type : "", arm->status != NULL ? arm->status : "",
                     arm->first_id, arm->end_id);
}

static bool is_plenty(struct store_conn *conn, const struct store_arm *arm, const char *conditions,
                      bool *plenty)
{
    char *name = name_of(arm);
    int64_t now_ms = clock_ms();
    enum store_amount amount = store_amount_recall(name, now_ms);
    bool ok = true;
    *plenty = amount == STORE_AMOUNT_PLENTY;
    if (amount == STORE_AMOUNT_UNKNOWN) {
        ok = look_for_plenty(conn, arm, conditions, plenty);
        if (ok) {
            store_amount_note(name, *plenty, now_ms);
        }
    }
    free(name);
    return ok;
}

static bool count_matches(struct store_conn *conn, const struct store_arm *arm, uint64_t *count)
{
    char conditions[TEXT_SIZE], text[TEXT_SIZE + 64];
    bool plenty;
    write_index_conditions(arm, conditions);
    if (!is_plenty(conn, arm, conditions, &plenty)) {
        return false;
    }
    *count = STORE_SEARCH_MAX;
    if (plenty) {
        return true;
    }
    snprintf(text, sizeof text, "SELECT COUNT(*) %s", conditions);
    struct sql *sql = sql_begin(conn, text);
    give_index_conditions(arm, sql);
    return sql_read_number(sql, count);
}

/* Index and row conditions side by side: the walk ends at the `want`th match. */
bool store_arm_take(struct store_conn *conn, const struct store_arm *arm, size_t want,
                    struct store_search *search)
{
    char conditions[TEXT_SIZE], rows[TEXT_SIZE], text[2 * TEXT_SIZE + 64];
    write_index_conditions(arm, conditions);
    write_row_conditions(arm, rows);
    snprintf(text, sizeof text, "SELECT id %s%s ORDER BY id DESC LIMIT ?", conditions, rows);
    struct sql *sql = sql_begin(conn, text);
    give_index_conditions(arm, sql);
    give_row_conditions(arm, sql);
    sql_uint(sql, want);
    return read_ids(sql, search);
}

bool store_arm_walk(struct store_conn *conn, const struct store_arm *arm, size_t want,
                    struct store_search *search)
{
    uint64_t count;
    if (!count_matches(conn, arm, &count)) {
        return false;
    }
    search->total += count;
    return store_arm_take(conn, arm, want, search);
}

bool store_arm_gather(struct store_conn *conn, const struct store_arm *arm,
                      struct store_search *search)
{
    size_t before = search->count;
    bool ok = store_arm_take(conn, arm, STORE_SEARCH_MAX, search);
    search->total += search->count - before;
    return ok;
}

bool store_arm_look(struct store_conn *conn, const struct store_arm *arm,
                    struct store_search *search)
{
    char conditions[TEXT_SIZE], rows[TEXT_SIZE], text[2 * TEXT_SIZE + 128];
    size_t before = search->count;
    write_index_conditions(arm, conditions);
    write_row_conditions(arm, rows);
    snprintf(text, sizeof text,
             "SELECT id FROM (SELECT id, uuid, type, status %s ORDER BY id DESC LIMIT ?) newest "
             "WHERE TRUE%s ORDER BY id DESC LIMIT ?",
             conditions, rows);
    struct sql *sql = sql_begin(conn, text);
    give_index_conditions(arm, sql);
    sql_int(sql, STORE_ARM_LOOK);
    give_row_conditions(arm, sql);
    sql_int(sql, STORE_SEARCH_MAX);
    bool ok = read_ids(sql, search);
    search->total += search->count - before;
    return ok;
}

bool store_arm_newest_due(struct store_conn *conn, const struct store_arm *arm, int64_t from_us,
                          struct store_search *search)
{
    size_t before = search->count;
    struct sql *sql = sql_begin(conn, "SELECT id FROM task FORCE INDEX (task_claim) WHERE status = "
                                      "? AND due_at >= ? AND id >= ? AND deleted_at IS NULL ORDER "
                                      "BY due_at DESC, id DESC LIMIT ?");
    sql_text(sql, arm->status);
    sql_time(sql, from_us > 0 ? from_us : 1);
    sql_uint(sql, arm->first_id);
    sql_int(sql, STORE_SEARCH_MAX);
    bool ok = read_ids(sql, search);
    search->total += search->count - before;
    return ok;
}
