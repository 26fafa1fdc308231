/* SPDX-License-Identifier: MIT */
/* Rows of `task` as struct task, and small reads that several calls share. Database threads only.
 */
#ifndef SUPERVISOR_STORE_ROW_H
#define SUPERVISOR_STORE_ROW_H

#include "supervisor/store_sql.h"
#include "common/task.h"

struct store_conn;

/* What a SELECT must begin with to be read by store_row_task(). */
#define STORE_ROW_TASK                                                                             \
    "task.id, task.uuid, task.type, task.status, task.progress, task.progress_text, "              \
    "task.payload, "                                                                               \
    "task.result, task.error, task.creator_id, task.artifact_file_key, task.artifact_file_name, "  \
    "task.attempt, task.retry_count, task.auto_retry_count, task.max_retries, task.crash_count, "  \
    "task.created_at, task.updated_at, task.due_at, task.started_at, task.finished_at, "           \
    "task.cancel_requested_at "

/* Fills a zeroed struct from the current row; the strings are the caller's (task_clear). */
void store_row_task(const struct sql *sql, struct task *task);

enum store_row_lock { STORE_ROW_READ, STORE_ROW_LOCKED };
/* The task of that id unless it is deleted. *found tells; false is an error of the connection. */
bool store_row_find(struct store_conn *conn, const char *id, enum store_row_lock lock,
                    struct task *task, bool *found);
/* Its key inside the database, 0 if there is no such task. */
bool store_row_find_id(struct store_conn *conn, const char *id, uint64_t *row_id);

/* Replaces an owned string; NULL makes it NULL. */
void store_row_set_text(char **text, const char *value);

#endif
