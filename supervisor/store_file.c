/* SPDX-License-Identifier: MIT */
/* What the database knows of files; their bytes are the file store's. */
#include "supervisor/store_file.h"

#include "supervisor/store_event.h"
#include "supervisor/store_op.h"
#include "supervisor/store_sql.h"
#include <string.h>

#define COUNT_MAX 10000
#define COLUMNS                                                                                    \
    "file_key, name, content_type, owner_id, sha256, access, purpose, size, created_at, "          \
    "updated_at "

bool store_file_insert(struct store_conn *conn, const struct store_file *file)
{
    int64_t now;
    if (!store_conn_now(conn, &now)) {
        return false;
    }
    struct sql *sql = sql_begin(
        conn, "INSERT INTO file (file_key, name, content_type, owner_id, access, purpose, size, "
              "sha256, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_text(sql, file->key);
    sql_text(sql, file->name);
    sql_text(sql, file->content_type);
    sql_text(sql, file->owner_id);
    sql_text(sql, file->access != NULL ? file->access : "owner");
    sql_text(sql, file->purpose != NULL ? file->purpose : "artifact");
    sql_uint(sql, file->size);
    sql_text(sql, file->sha256);
    sql_time(sql, now);
    sql_time(sql, now);
    bool ok = sql_run(sql);
    sql_end(sql);
    return ok;
}

static struct store_file_row read_row(struct store_arena *arena, const struct sql *sql)
{
    return (struct store_file_row){.key = store_arena_text(arena, sql_get_text(sql, 0)),
                                   .name = store_arena_text(arena, sql_get_text(sql, 1)),
                                   .content_type = store_arena_text(arena, sql_get_text(sql, 2)),
                                   .owner_id = store_arena_text(arena, sql_get_text(sql, 3)),
                                   .sha256 = store_arena_text(arena, sql_get_text(sql, 4)),
                                   .access = store_arena_text(arena, sql_get_text(sql, 5)),
                                   .purpose = store_arena_text(arena, sql_get_text(sql, 6)),
                                   .size = sql_get_uint(sql, 7),
                                   .created_at_us = sql_get_time(sql, 8),
                                   .updated_at_us = sql_get_time(sql, 9)};
}

/* False: an error of the connection. *found: whether it is there. */
static bool read_one(struct store_op *op, struct store_conn *conn, const char *key,
                     struct store_file_row *row, bool *found)
{
    struct sql *sql =
        sql_begin(conn, "SELECT " COLUMNS "FROM file WHERE file_key = ? AND deleted_at IS NULL");
    sql_text(sql, key);
    bool ok = sql_run(sql);
    *found = ok && sql_next(sql);
    if (*found) {
        *row = read_row(&op->answers, sql);
    }
    sql_end(sql);
    return ok;
}

/* ---- get ---- */

struct file_op {
    struct store_op op;
    store_file_fn done;
    void *arg;
    const char *key;
    struct store_file_row row;
};

static bool file_run(struct store_op *op, struct store_conn *conn)
{
    struct file_op *file = (struct file_op *)op;
    bool found;
    bool ok = read_one(op, conn, file->key, &file->row, &found);
    op->result = found ? STORE_OK : STORE_NOT_FOUND;
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

/* ---- list, add ---- */

struct files_op {
    struct store_op op;
    store_files_fn done;
    void *arg;
    struct store_actor who;
    uint64_t offset; /* list */
    unsigned limit;
    const struct store_file *files; /* add */
    size_t wanted;
    struct store_file_row *rows;
    size_t count;
    uint64_t total;
};

static void files_answer(struct store_op *op, enum store_result result)
{
    struct files_op *files = (struct files_op *)op;
    bool ok = result == STORE_OK;
    files->done(files->arg, result, ok ? files->rows : NULL, ok ? files->count : 0,
                ok ? files->total : 0);
}

static bool count_files(struct files_op *files, struct store_conn *conn)
{
    struct sql *sql =
        sql_begin(conn, "SELECT COUNT(*) FROM (SELECT 1 FROM file FORCE INDEX (file_owner) WHERE "
                        "owner_id = ? AND deleted_at IS NULL LIMIT ?) some");
    sql_text(sql, files->who.id);
    sql_int(sql, COUNT_MAX);
    bool ok = sql_run(sql) && sql_next(sql);
    files->total = ok ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

static bool list_run(struct store_op *op, struct store_conn *conn)
{
    struct files_op *files = (struct files_op *)op;
    files->count = 0;
    if (!count_files(files, conn)) {
        return false;
    }
    if (files->offset >= files->total) {
        return true; /* nor is there a long walk to where nothing is */
    }
    files->rows = store_arena_get(&op->answers, files->limit, sizeof *files->rows);
    struct sql *sql =
        sql_begin(conn, "SELECT " COLUMNS "FROM file FORCE INDEX (file_owner) WHERE owner_id = ? "
                        "AND deleted_at IS NULL ORDER BY id DESC LIMIT ? OFFSET ?");
    sql_text(sql, files->who.id);
    sql_int(sql, files->limit);
    sql_uint(sql, files->offset);
    bool ok = sql_run(sql);
    while (ok && files->count < files->limit && sql_next(sql)) {
        files->rows[files->count++] = read_row(&op->answers, sql);
    }
    sql_end(sql);
    return ok;
}

static bool add_one(struct files_op *files, struct store_conn *conn, const struct store_file *file)
{
    const char *const names[] = {"file_key", "name"};
    const char *const values[] = {file->key, file->name};
    bool found;
    if (!read_one(&files->op, conn, file->key, &files->rows[files->count], &found)) {
        return false;
    }
    if (!found && (!store_file_insert(conn, file) ||
                   !store_event_add_global(conn, "file_uploaded", &files->who, names, values, 2) ||
                   !read_one(&files->op, conn, file->key, &files->rows[files->count], &found))) {
        return false;
    }
    files->count++;
    return true;
}

static bool add_run(struct store_op *op, struct store_conn *conn)
{
    struct files_op *files = (struct files_op *)op;
    bool ok = true;
    files->count = 0;
    files->rows = store_arena_get(&op->answers, files->wanted, sizeof *files->rows);
    for (size_t i = 0; ok && i < files->wanted; i++) {
        ok = add_one(files, conn, &files->files[i]);
    }
    files->total = files->count;
    return ok;
}

static struct files_op *new_files(struct store *store, const struct store_op_kind *kind,
                                  const struct store_actor *who, store_files_fn done, void *arg)
{
    struct files_op *files = store_op_new(store, kind, sizeof *files);
    files->done = done;
    files->arg = arg;
    files->who = store_op_actor(&files->op, who);
    return files;
}

void store_file_list(struct store *store, const struct store_actor *who, uint64_t offset,
                     unsigned limit, unsigned deadline_ms, store_files_fn done, void *arg)
{
    static const struct store_op_kind kind = {"file_list", false, list_run, files_answer, NULL};
    struct files_op *files = new_files(store, &kind, who, done, arg);
    files->offset = offset;
    files->limit = limit < 1 ? 1 : limit > STORE_FILES_MAX ? STORE_FILES_MAX : limit;
    store_op_submit(&files->op, deadline_ms);
}

void store_file_add(struct store *store, const struct store_file *files, size_t count,
                    const struct store_actor *who, unsigned deadline_ms, store_files_fn done,
                    void *arg)
{
    static const struct store_op_kind kind = {"file_add", true, add_run, files_answer, NULL};
    struct files_op *add = new_files(store, &kind, who, done, arg);
    struct store_arena *arena = &add->op.arguments;
    struct store_file *copies = store_arena_get(arena, count, sizeof *copies);
    for (size_t i = 0; i < count; i++) {
        copies[i] = files[i];
        copies[i].name = store_arena_text(arena, files[i].name);
        copies[i].content_type = store_arena_text(arena, files[i].content_type);
        copies[i].owner_id = store_arena_text(arena, files[i].owner_id);
        copies[i].access = store_arena_text(arena, files[i].access);
        copies[i].purpose = store_arena_text(arena, files[i].purpose);
    }
    add->files = copies;
    add->wanted = count;
    store_op_submit(&add->op, deadline_ms);
}

/* ---- how much there is ---- */

struct usage_op {
    struct store_op op;
    store_file_usage_fn done;
    void *arg;
    const char *owner_id;
    uint64_t bytes;
};

static bool usage_run(struct store_op *op, struct store_conn *conn)
{
    struct usage_op *usage = (struct usage_op *)op;
    struct sql *sql =
        sql_begin(conn, "SELECT CAST(COALESCE(SUM(size), 0) AS UNSIGNED) FROM file FORCE INDEX "
                        "(file_owner_size) WHERE owner_id = ? AND deleted_at IS NULL");
    sql_text(sql, usage->owner_id);
    bool ok = sql_run(sql) && sql_next(sql);
    usage->bytes = ok ? sql_get_uint(sql, 0) : 0;
    sql_end(sql);
    return ok;
}

static void usage_answer(struct store_op *op, enum store_result result)
{
    struct usage_op *usage = (struct usage_op *)op;
    usage->done(usage->arg, result, usage->bytes);
}

void store_file_usage(struct store *store, const char *owner_id, unsigned deadline_ms,
                      store_file_usage_fn done, void *arg)
{
    static const struct store_op_kind kind = {"file_usage", false, usage_run, usage_answer, NULL};
    struct usage_op *usage = store_op_new(store, &kind, sizeof *usage);
    usage->done = done;
    usage->arg = arg;
    usage->owner_id = store_arena_text(&usage->op.arguments, owner_id);
    store_op_submit(&usage->op, deadline_ms);
}

/* ---- which have a row ---- */

#define OWNED_DEADLINE_MS 30000

struct owned_op {
    struct store_op op;
    store_files_owned_fn done;
    void *arg;
    const char *incarnation;
    char keys[STORE_FILES_OWNED_MAX][ID_SIZE];
    bool owned[STORE_FILES_OWNED_MAX];
    size_t count;
};

static bool has_row(struct store_conn *conn, const char *statement, const char *key, bool *found)
{
    struct sql *sql = sql_begin(conn, statement);
    sql_text(sql, key);
    bool ok = sql_run(sql);
    *found = ok && sql_next(sql);
    sql_end(sql);
    return ok;
}

static bool owned_run(struct store_op *op, struct store_conn *conn)
{
    struct owned_op *owned = (struct owned_op *)op;
    bool known;
    bool ok = has_row(conn, "SELECT 1 FROM node WHERE incarnation = ?", owned->incarnation, &known);
    op->result = known ? STORE_OK : STORE_NOT_FOUND;
    for (size_t i = 0; ok && known && i < owned->count; i++) {
        /* The lock is what waits for another's open transaction. */
        ok = has_row(conn, "SELECT 1 FROM file WHERE file_key = ? LOCK IN SHARE MODE",
                     owned->keys[i], &owned->owned[i]);
    }
    return ok;
}

static void owned_answer(struct store_op *op, enum store_result result)
{
    struct owned_op *owned = (struct owned_op *)op;
    owned->done(owned->arg, result, owned->owned);
}

void store_files_owned(struct store *store, const char *incarnation, char (*keys)[ID_SIZE],
                       size_t count, store_files_owned_fn done, void *arg)
{
    static const struct store_op_kind kind = {"files_owned", false, owned_run, owned_answer, NULL};
    struct owned_op *owned = store_op_new(store, &kind, sizeof *owned);
    owned->done = done;
    owned->arg = arg;
    owned->incarnation = store_arena_text(&owned->op.arguments, incarnation);
    memcpy(owned->keys, keys, count * sizeof keys[0]);
    owned->count = count;
    store_op_submit(&owned->op, OWNED_DEADLINE_MS);
}
