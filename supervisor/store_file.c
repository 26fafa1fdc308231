/* SPDX-License-Identifier: MIT */
/* What the database knows of files; their bytes are the file store's. */
#include "supervisor/store_file.h"

#include "supervisor/store_op.h"
#include "supervisor/store_sql.h"

bool store_file_insert(struct store_conn *conn, const struct store_file *file)
{
    int64_t now;
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    struct sql *sql =
        sql_begin(conn, "INSERT INTO file (file_key, name, content_type, owner_id, size, sha256, "
                        "created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    sql_text(sql, file->key);
    sql_text(sql, file->name);
    sql_text(sql, file->content_type);
    sql_text(sql, file->owner_id);
    sql_uint(sql, file->size);
    sql_text(sql, file->sha256);
    sql_time(sql, now);
    sql_time(sql, now);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

struct file_op {
    struct store_op op;
    store_file_fn done;
    void *arg;
    const char *key;
    struct store_file_row row;
};

static void read_row(struct file_op *file, const struct sql *sql)
{
    struct store_arena *arena = &file->op.answers;
    file->row =
        (struct store_file_row){.key = store_arena_text(arena, sql_get_text(sql, 0)),
                                .name = store_arena_text(arena, sql_get_text(sql, 1)),
                                .content_type = store_arena_text(arena, sql_get_text(sql, 2)),
                                .owner_id = store_arena_text(arena, sql_get_text(sql, 3)),
                                .sha256 = store_arena_text(arena, sql_get_text(sql, 4)),
                                .size = sql_get_uint(sql, 5),
                                .created_at_us = sql_get_time(sql, 6)};
}

static bool file_run(struct store_op *op, struct store_conn *conn)
{
    struct file_op *file = (struct file_op *)op;
    struct sql *sql =
        sql_begin(conn, "SELECT file_key, name, content_type, owner_id, sha256, size, created_at "
                        "FROM file WHERE file_key = ? AND deleted_at IS NULL");
    sql_text(sql, file->key);
    bool ok = sql_run(sql);
    if (ok && sql_next(sql)) {
        read_row(file, sql);
    } else {
        op->result = STORE_NOT_FOUND;
    }
    sql_end(sql);
    return ok;
}

static void file_answer(struct store_op *op, enum store_result result)
{
    struct file_op *file = (struct file_op *)op;
    file->done(file->arg, result, result == STORE_OK ? &file->row : NULL);
}

void store_file_get(struct store *store, const char *key, unsigned deadline_ms, store_file_fn done,
                    void *arg)
{
    static const struct store_op_kind kind = {"file_get", false, file_run, file_answer, NULL};
    struct file_op *file = store_op_new(store, &kind, sizeof *file);
    file->done = done;
    file->arg = arg;
    file->key = store_arena_text(&file->op.arguments, key);
    store_op_submit(&file->op, deadline_ms);
}
