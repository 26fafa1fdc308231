/* SPDX-License-Identifier: MIT */
/* The task as every part of Taskyard knows it: its status, its row, and which moves of status
 * exist. */
#ifndef COMMON_TASK_H
#define COMMON_TASK_H

#include <stdbool.h>
#include <stdint.h>

#define TASK_ID_SIZE 37     /* UUID text and its NUL */
#define TASK_TYPE_MAX 64    /* bytes */
#define TASK_CREATOR_MAX 64 /* bytes */
#define TASK_CREATOR_SYSTEM "system"
#define TASK_PROGRESS_TEXT_MAX 200 /* bytes */

enum task_status { TASK_PENDING, TASK_RUNNING, TASK_SUCCESS, TASK_FAILED, TASK_CANCELLED };

/* Times are microseconds since 1970 UTC by the database's clock; 0 means "not set". */
struct task {
    uint64_t row_id;         /* key inside the database, never shown */
    char id[TASK_ID_SIZE];   /* the id everybody outside knows */
    char *type;              /* registry key */
    enum task_status status; /* changed only by the store's guarded moves */
    int progress; /* 0-100; keeps its last value at the end of an attempt, 0 again at a retry */
    char *progress_text;     /* NULL or what the runner said last */
    char *payload;           /* NULL or the runner's input, JSON text or plain text */
    char *result;            /* NULL or JSON text */
    char *error;             /* NULL or a sentence for a person */
    char *creator_id;        /* a user's id, or TASK_CREATOR_SYSTEM */
    char *artifact_file_key; /* NULL or the key of a file in the file store */
    char *artifact_file_name;
    int attempt;     /* number of the newest attempt, 0 before the first; grows at each claim */
    int retry_count; /* manual retries */
    int auto_retry_count; /* automatic retries since the last manual one */
    int max_retries;      /* automatic retries allowed */
    int crash_count;      /* attempts lost to a crash of a supervisor, counted apart from retries */
    int64_t created_at_us;
    int64_t updated_at_us;
    int64_t due_at_us; /* a pending task is not claimed before this moment */
    int64_t started_at_us;
    int64_t finished_at_us;
    int64_t cancel_requested_at_us; /* set on a running task that is being cancelled */
    int64_t paused_at_us; /* of a running task that is paused; known to its supervisor alone */
};

/* The spelling used in SQL, JSON, CLI and docs. */
const char *task_status_name(enum task_status status);

/* False if `name` is none of the five spellings. */
bool task_status_parse(const char *name, enum task_status *status);

/* success, failed, cancelled */
bool task_status_is_final(enum task_status status);

/* The whole table of legal moves: pending to running or cancelled, running to anything else,
 * failed and cancelled back to pending. Nothing leaves success. */
bool task_may_move(enum task_status from, enum task_status to);

/* Frees the strings, not the struct itself, and zeroes it. */
void task_clear(struct task *task);

#endif
