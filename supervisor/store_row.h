/* SPDX-License-Identifier: MIT */
/* Rows of `task` as struct task, and small reads that several calls share. Database threads only.
 */
#ifndef SUPERVISOR_STORE_ROW_H
#define SUPERVISOR_STORE_ROW_H

#include "supervisor/store_sql.h"
#include "common/json_text.h"
#include "common/task.h"

struct store_actor;
struct store_conn;

#define STORE_ROW_HEAD                                                                             \
    "task.id, task.uuid, task.type, task.status, task.progress, task.progress_text, "
#define STORE_ROW_TAIL                                                                             \
    "task.error, task.creator_id, task.artifact_file_key, task.artifact_file_name, "               \
    "task.attempt, task.retry_count, task.auto_retry_count, task.max_retries, task.crash_count, "  \
    "task.created_at, task.updated_at, task.due_at, task.started_at, task.finished_at, "           \
    "task.cancel_requested_at "

/* What a SELECT must begin with to be read by store_row_task(). */
#define STORE_ROW_TASK STORE_ROW_HEAD "task.payload, task.result, " STORE_ROW_TAIL
#define STORE_ROW_TASK_COLUMNS 23 /* more may follow */
/* The same without payload and result, which may be long. */
#define STORE_ROW_TASK_BRIEF                                                                       \
    STORE_ROW_HEAD "CAST(NULL AS CHAR), CAST(NULL AS CHAR), " STORE_ROW_TAIL

/* Fills a zeroed struct from the current row; the strings are the caller's (task_clear). */
void store_row_task(const struct sql *sql, struct task *task);

/* Payload and result leave the task for the members of JSON text. */
void store_row_move_large(struct task *task, struct json_text *large);

enum store_row_lock { STORE_ROW_READ, STORE_ROW_LOCKED };
/* The task of that id, unless it is deleted or hidden from `who`: then its row_id is 0. False: an
 * error of the connection. */
bool store_row_find(struct store_conn *conn, const char *id, const struct store_actor *who,
                    enum store_row_lock lock, struct task *task);
/* Its key inside the database, 0 if there is no such task for `who`. */
bool store_row_find_id(struct store_conn *conn, const char *id, const struct store_actor *who,
                       uint64_t *row_id);

/* Replaces an owned string; NULL makes it NULL. */
void store_row_set_text(char **text, const char *value);

#endif
