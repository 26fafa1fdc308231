/* SPDX-License-Identifier: MIT */
/* From a user's name to the id that tasks carry. */
#include "supervisor/store_op.h"
#include "supervisor/store_users.h"
#include "supervisor/store_sql.h"

struct find_op {
    struct store_op op;
    store_user_id_fn done;
    void *arg;
    const char *username;
    const char *id;
};

static bool find_run(struct store_op *op, struct store_conn *conn)
{
    struct find_op *find = (struct find_op *)op;
    struct sql *sql =
        sql_begin(conn, "SELECT uuid FROM user WHERE username = ? AND deleted_at IS NULL");
    bool ok;

    sql_text(sql, find->username);
    ok = sql_run(sql);
    if (ok && sql_next(sql))
        find->id = store_arena_text(&op->answers, sql_get_text(sql, 0));
    else
        op->result = STORE_NOT_FOUND;
    sql_end(sql);
    return ok;
}

static void find_answer(struct store_op *op, enum store_result result)
{
    struct find_op *find = (struct find_op *)op;

    find->done(find->arg, result, result == STORE_OK ? find->id : NULL);
}

void store_user_find(struct store *store, const char *username, unsigned deadline_ms,
                     store_user_id_fn done, void *arg)
{
    static const struct store_op_kind kind = {"user_find", false, find_run, find_answer, NULL};
    struct find_op *find = store_op_new(store, &kind, sizeof(*find));

    find->done = done;
    find->arg = arg;
    find->username = store_arena_text(&find->op.arguments, username);
    store_op_submit(&find->op, deadline_ms);
}
