/* SPDX-License-Identifier: MIT */
/* The audit trail: appended, never changed. */
#include "supervisor/store_event.h"

#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/store_op.h"
#include "supervisor/store_row.h"
#include "supervisor/store_sql.h"
#include <stdlib.h>

#define LIST_MAX 1000

bool store_event_add(struct store_conn *conn, const struct store_event *event)
{
    int64_t at = event->at_us;
    if (at == 0 && !store_conn_now(conn, &at)) {
        return false;
    }
    struct sql *sql =
        sql_begin(conn, "INSERT INTO task_event (task_id, attempt, kind, actor, address, detail, "
                        "created_at) VALUES (?, ?, ?, ?, ?, ?, ?)");
    sql_int_or_null(sql, (int64_t)event->row_id, 0);
    sql_int_or_null(sql, event->attempt, 0);
    sql_text(sql, event->kind);
    sql_text(sql, event->actor);
    sql_text(sql, event->address);
    sql_text(sql, event->detail);
    sql_time(sql, at);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

bool store_event_add_global(struct store_conn *conn, const char *kind,
                            const struct store_actor *who, const char *const names[],
                            const char *const values[], size_t count)
{
    json_object *detail = json_object_new_object();
    for (size_t i = 0; i < count; i++) {
        json_add_string(detail, names[i], values[i]);
    }
    struct store_event event = {.kind = kind,
                                .actor = who->id,
                                .address = who->address,
                                .detail =
                                    json_object_to_json_string_ext(detail, JSON_C_TO_STRING_PLAIN)};
    bool ok = store_event_add(conn, &event);
    json_object_put(detail);
    return ok;
}

/* ---- append ---- */

struct append_op {
    struct store_op op;
    store_done_fn done;
    void *arg;
    struct store_event *events;
    size_t count;
};

static bool append_run(struct store_op *op, struct store_conn *conn)
{
    struct append_op *append = (struct append_op *)op;
    for (size_t i = 0; i < append->count; i++) {
        if (!store_event_add(conn, &append->events[i])) {
            return false;
        }
    }
    return true;
}

static void append_answer(struct store_op *op, enum store_result result)
{
    struct append_op *append = (struct append_op *)op;
    if (append->done != NULL) {
        append->done(append->arg, result);
    }
}

void store_event_append(struct store *store, const struct store_event *events, size_t count,
                        store_done_fn done, void *arg)
{
    static const struct store_op_kind kind = {"event_append", true, append_run, append_answer,
                                              NULL};
    struct append_op *append = store_op_new(store, &kind, sizeof *append);
    struct store_arena *arena = &append->op.arguments;
    append->done = done;
    append->arg = arg;
    append->count = count;
    append->events = store_arena_get(arena, count, sizeof *append->events);
    for (size_t i = 0; i < count; i++) {
        append->events[i] = events[i];
        append->events[i].kind = store_arena_text(arena, events[i].kind);
        append->events[i].actor = store_arena_text(arena, events[i].actor);
        append->events[i].address = store_arena_text(arena, events[i].address);
        append->events[i].detail = store_arena_text(arena, events[i].detail);
    }
    store_op_submit(&append->op, 0);
}

/* ---- list ---- */

struct list_op {
    struct store_op op;
    store_events_fn done;
    void *arg;
    const char *id;
    struct store_actor who;
    struct store_event_row *rows;
    size_t count;
};

static void read_rows(struct list_op *list, struct sql *sql)
{
    struct store_arena *arena = &list->op.answers;
    while (list->count < LIST_MAX && sql_next(sql)) {
        list->rows[list->count++] =
            (struct store_event_row){.id = sql_get_uint(sql, 0),
                                     .attempt = (int)sql_get_int(sql, 1),
                                     .kind = store_arena_text(arena, sql_get_text(sql, 2)),
                                     .actor = store_arena_text(arena, sql_get_text(sql, 3)),
                                     .address = store_arena_text(arena, sql_get_text(sql, 4)),
                                     .detail = store_arena_text(arena, sql_get_text(sql, 5)),
                                     .created_at_us = sql_get_time(sql, 6)};
    }
}

/* The newest LIST_MAX, oldest first. */
static bool list_run(struct store_op *op, struct store_conn *conn)
{
    struct list_op *list = (struct list_op *)op;
    uint64_t row_id;
    list->count = 0;
    if (!store_row_find_id(conn, list->id, &list->who, &row_id)) {
        return false;
    }
    if (row_id == 0) {
        op->result = STORE_NOT_FOUND;
        return true;
    }
    list->rows = store_arena_get(&op->answers, LIST_MAX, sizeof *list->rows);
    struct sql *sql = sql_begin(
        conn, "SELECT id, attempt, kind, actor, address, detail, created_at FROM "
              "(SELECT id, attempt, kind, actor, address, detail, created_at FROM task_event "
              "WHERE task_id = ? ORDER BY id DESC LIMIT ?) newest ORDER BY id");
    sql_uint(sql, row_id);
    sql_int(sql, LIST_MAX);
    bool ok = sql_run(sql);
    if (ok) {
        read_rows(list, sql);
    }
    sql_end(sql);
    return ok;
}

static void list_answer(struct store_op *op, enum store_result result)
{
    struct list_op *list = (struct list_op *)op;
    bool ok = result == STORE_OK;
    list->done(list->arg, result, ok ? list->rows : NULL, ok ? list->count : 0);
}

void store_event_list(struct store *store, const char *id, const struct store_actor *who,
                      unsigned deadline_ms, store_events_fn done, void *arg)
{
    static const struct store_op_kind kind = {"event_list", false, list_run, list_answer, NULL};
    struct list_op *list = store_op_new(store, &kind, sizeof *list);
    list->done = done;
    list->arg = arg;
    list->id = store_arena_text(&list->op.arguments, id);
    list->who = store_op_actor(&list->op, who);
    store_op_submit(&list->op, deadline_ms);
}
