/* SPDX-License-Identifier: MIT */
/* Settings: names and values as text; who knows what a name means checks the value. */
#include "supervisor/store_op.h"

#include "supervisor/store_event.h"
#include "supervisor/store_sql.h"

#define LIST_MAX 1000

/* ---- set ---- */

struct set_op {
    struct store_op op;
    store_done_fn done;
    void *arg;
    const char *name, *value, *actor;
};

static bool set_run(struct store_op *op, struct store_conn *conn)
{
    const struct set_op *set = (struct set_op *)op;
    struct sql *sql = sql_begin(conn, "INSERT INTO setting (name, value, updated_at, updated_by) "
                                      "VALUES (?, ?, UTC_TIMESTAMP(6), ?) ON DUPLICATE KEY UPDATE "
                                      "value = ?, updated_at = UTC_TIMESTAMP(6), updated_by = ?");
    sql_text(sql, set->name);
    sql_text(sql, set->value);
    sql_text(sql, set->actor);
    sql_text(sql, set->value);
    sql_text(sql, set->actor);
    bool ok = sql_run(sql);
    sql_end(sql);
    const char *const names[] = {"name", "value"};
    const char *const values[] = {set->name, set->value};
    return ok && store_event_add_global(conn, "setting_changed", set->actor, names, values, 2);
}

static void set_answer(struct store_op *op, enum store_result result)
{
    struct set_op *set = (struct set_op *)op;
    set->done(set->arg, result);
}

void store_setting_set(struct store *store, const char *name, const char *value, const char *actor,
                       unsigned deadline_ms, store_done_fn done, void *arg)
{
    static const struct store_op_kind kind = {"setting_set", true, set_run, set_answer, NULL};
    struct set_op *set = store_op_new(store, &kind, sizeof *set);
    set->done = done;
    set->arg = arg;
    set->name = store_arena_text(&set->op.arguments, name);
    set->value = store_arena_text(&set->op.arguments, value);
    set->actor = store_arena_text(&set->op.arguments, actor);
    store_op_submit(&set->op, deadline_ms);
}

/* ---- list ---- */

struct list_op {
    struct store_op op;
    store_settings_fn done;
    void *arg;
    const char *names[LIST_MAX];
    const char *values[LIST_MAX];
    size_t count;
};

static bool list_run(struct store_op *op, struct store_conn *conn)
{
    struct list_op *list = (struct list_op *)op;
    list->count = 0;
    struct sql *sql = sql_begin(conn, "SELECT name, value FROM setting ORDER BY name");
    bool ok = sql_run(sql);
    while (ok && list->count < LIST_MAX && sql_next(sql)) {
        list->names[list->count] = store_arena_text(&op->answers, sql_get_text(sql, 0));
        list->values[list->count++] = store_arena_text(&op->answers, sql_get_text(sql, 1));
    }
    sql_end(sql);
    return ok;
}

static void list_answer(struct store_op *op, enum store_result result)
{
    struct list_op *list = (struct list_op *)op;
    bool ok = result == STORE_OK;
    list->done(list->arg, result, ok ? list->names : NULL, ok ? list->values : NULL,
               ok ? list->count : 0);
}

void store_setting_list(struct store *store, unsigned deadline_ms, store_settings_fn done,
                        void *arg)
{
    static const struct store_op_kind kind = {"setting_list", false, list_run, list_answer, NULL};
    struct list_op *list = store_op_new(store, &kind, sizeof *list);
    list->done = done;
    list->arg = arg;
    store_op_submit(&list->op, deadline_ms);
}
