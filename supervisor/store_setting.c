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
    struct store_setting settings[STORE_SETTINGS_MAX];
    size_t count;
    struct store_actor who;
};

static bool set_one(struct store_conn *conn, const struct store_setting *setting,
                    const struct store_actor *who)
{
    struct sql *sql = sql_begin(conn, "INSERT INTO setting (name, value, updated_at, updated_by) "
                                      "VALUES (?, ?, UTC_TIMESTAMP(6), ?) ON DUPLICATE KEY UPDATE "
                                      "value = ?, updated_at = UTC_TIMESTAMP(6), updated_by = ?");
    sql_text(sql, setting->name);
    sql_text(sql, setting->value);
    sql_text(sql, who->id);
    sql_text(sql, setting->value);
    sql_text(sql, who->id);
    bool ok = sql_run(sql);
    sql_end(sql);
    const char *const names[] = {"name", "value"};
    const char *const values[] = {setting->name, setting->value};
    return ok && store_event_add_global(conn, "setting_changed", who, names, values, 2);
}

static bool set_run(struct store_op *op, struct store_conn *conn)
{
    const struct set_op *set = (struct set_op *)op;
    for (size_t i = 0; i < set->count; i++) {
        if (!set_one(conn, &set->settings[i], &set->who)) {
            return false;
        }
    }
    return true;
}

static void set_answer(struct store_op *op, enum store_result result)
{
    struct set_op *set = (struct set_op *)op;
    set->done(set->arg, result);
}

void store_settings_set(struct store *store, const struct store_setting *settings, size_t count,
                        const struct store_actor *who, unsigned deadline_ms, store_done_fn done,
                        void *arg)
{
    static const struct store_op_kind kind = {"settings_set", true, set_run, set_answer, NULL};
    struct set_op *set = store_op_new(store, &kind, sizeof *set);
    struct store_arena *arena = &set->op.arguments;
    set->done = done;
    set->arg = arg;
    for (; set->count < count && set->count < STORE_SETTINGS_MAX; set->count++) {
        set->settings[set->count] =
            (struct store_setting){.name = store_arena_text(arena, settings[set->count].name),
                                   .value = store_arena_text(arena, settings[set->count].value)};
    }
    set->who = store_op_actor(&set->op, who);
    store_op_submit(&set->op, deadline_ms);
}

/* ---- secrets ---- */

struct secret_op {
    struct store_op op;
    store_secret_fn done;
    void *arg;
    const char *name, *value;
    const char *found;
};

static bool secret_run(struct store_op *op, struct store_conn *conn)
{
    struct secret_op *secret = (struct secret_op *)op;
    struct sql *sql =
        sql_begin(conn, "INSERT INTO setting (name, value, updated_at, updated_by) VALUES (?, ?, "
                        "UTC_TIMESTAMP(6), 'system') ON DUPLICATE KEY UPDATE name = setting.name");
    sql_text(sql, secret->name);
    sql_text(sql, secret->value);
    bool ok = sql_run(sql);
    sql_end(sql);
    if (!ok) {
        return false;
    }
    sql = sql_begin(conn, "SELECT value FROM setting WHERE name = ? FOR UPDATE");
    sql_text(sql, secret->name);
    ok = sql_run(sql) && sql_next(sql);
    secret->found = ok ? store_arena_text(&op->answers, sql_get_text(sql, 0)) : NULL;
    sql_end(sql);
    return ok;
}

static void secret_answer(struct store_op *op, enum store_result result)
{
    struct secret_op *secret = (struct secret_op *)op;
    secret->done(secret->arg, result, result == STORE_OK ? secret->found : NULL);
}

void store_setting_secret(struct store *store, const char *name, const char *value,
                          unsigned deadline_ms, store_secret_fn done, void *arg)
{
    static const struct store_op_kind kind = {"setting_secret", true, secret_run, secret_answer,
                                              NULL};
    struct secret_op *secret = store_op_new(store, &kind, sizeof *secret);
    secret->done = done;
    secret->arg = arg;
    secret->name = store_arena_text(&secret->op.arguments, name);
    secret->value = store_arena_text(&secret->op.arguments, value);
    store_op_submit(&secret->op, deadline_ms);
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
    struct sql *sql = sql_begin(conn, "SELECT name, value FROM setting WHERE name NOT LIKE "
                                      "'%secret%' ORDER BY name");
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
