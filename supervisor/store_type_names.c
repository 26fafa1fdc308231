/* SPDX-License-Identifier: MIT */
/* One list for all connections. What is read while a new type is noted is used, but not kept: it
 * may be from before. */
#include "supervisor/store_type_names.h"

#include "common/xalloc.h"
#include "supervisor/clock.h"
#include "supervisor/store_conn.h"
#include "supervisor/store_sql.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKED_AT_MAX 1000
#define OWN_FROM 8 /* with so many, it is worth asking which of them the creator has */

typedef char type_name[TASK_TYPE_MAX + 1];

static struct {
    pthread_mutex_t lock;
    type_name *names; /* NULL: to be read */
    size_t count;
    int64_t read_ms;
    unsigned notes; /* how often a type was noted that was not among them */
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The next type there is, in their order: one look into an index, however many tasks there are of
 * it. "" at the end. */
static bool next_type(struct store_conn *conn, const char *creator_id, type_name type)
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
    snprintf(type, sizeof(type_name), "%s", next != NULL ? next : "");
    sql_end(sql);
    return ok;
}

/* All of them, of one creator or (NULL) of everybody; *names is freed by the caller. */
static bool read_names(struct store_conn *conn, const char *creator_id, type_name **names,
                       size_t *count)
{
    type_name type = "";
    *names = xcalloc(LOOKED_AT_MAX, sizeof **names);
    *count = 0;
    while (*count < LOOKED_AT_MAX) {
        if (!next_type(conn, creator_id, type)) {
            return false;
        }
        if (type[0] == '\0') {
            break;
        }
        memcpy((*names)[(*count)++], type, sizeof type);
    }
    return true;
}

static void match(const type_name *names, size_t count, const char *search, const char *type,
                  struct store_type_names *found)
{
    found->count = 0;
    for (size_t i = 0; i < count && found->count < STORE_TYPE_NAMES_FOUND_MAX; i++) {
        if (strcasestr(names[i], search) != NULL && (type == NULL || strcmp(type, names[i]) == 0)) {
            memcpy(found->names[found->count++], names[i], sizeof names[i]);
        }
    }
}

static bool match_known(const char *search, const char *type, struct store_type_names *found,
                        unsigned *notes)
{
    pthread_mutex_lock(&known.lock);
    bool fresh = known.names != NULL && clock_ms() - known.read_ms < STORE_TYPE_NAMES_MS;
    if (fresh) {
        match(known.names, known.count, search, type, found);
    }
    *notes = known.notes;
    pthread_mutex_unlock(&known.lock);
    return fresh;
}

/* Takes the names over. */
static void keep(type_name *names, size_t count, int64_t read_ms, unsigned notes)
{
    pthread_mutex_lock(&known.lock);
    if (known.notes == notes) {
        type_name *old = known.names;
        known.names = names;
        known.count = count;
        known.read_ms = read_ms;
        names = old;
    }
    pthread_mutex_unlock(&known.lock);
    free(names);
}

static bool find_own(struct store_conn *conn, const char *creator_id, const char *search,
                     const char *type, struct store_type_names *found)
{
    type_name *names;
    size_t count;
    bool ok = read_names(conn, creator_id, &names, &count);
    if (ok) {
        match(names, count, search, type, found);
    }
    free(names);
    return ok;
}

bool store_type_names_find(struct store_conn *conn, const char *creator_id, const char *search,
                           const char *type, struct store_type_names *found)
{
    unsigned notes;
    if (!match_known(search, type, found, &notes)) {
        int64_t read_ms = clock_ms();
        type_name *names;
        size_t count;
        if (!read_names(conn, NULL, &names, &count)) {
            free(names);
            return false;
        }
        match(names, count, search, type, found);
        keep(names, count, read_ms, notes);
    }
    return creator_id == NULL || found->count < OWN_FROM ||
           find_own(conn, creator_id, search, type, found);
}

void store_type_names_note(const char *type)
{
    bool is_known = false;
    pthread_mutex_lock(&known.lock);
    for (size_t i = 0; !is_known && i < known.count; i++) {
        is_known = strcmp(known.names[i], type) == 0;
    }
    if (!is_known) {
        free(known.names);
        known.names = NULL;
        known.count = 0;
        known.notes++;
    }
    pthread_mutex_unlock(&known.lock);
}
