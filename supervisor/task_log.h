/* SPDX-License-Identifier: MIT */
/* Lines of the tasks' logs on their way to the store: gathered here, written in batches. Loop
 * thread only. */
#ifndef SUPERVISOR_TASK_LOG_H
#define SUPERVISOR_TASK_LOG_H

#include "common/log.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TASK_LOG_LINE_MAX (8 * 1024)         /* bytes of one line */
#define TASK_LOG_BYTES_MAX (4 * 1024 * 1024) /* bytes of one attempt's log */
#define TASK_LOG_LINES_MAX 20000             /* lines of one attempt's log */
#define TASK_LOG_WAITING_MAX                                                                       \
    (32 * 1024 * 1024) /* bytes of all attempts that wait for the database */

struct app;
struct run;
struct task_log;

struct task_log *task_log_new(struct app *app);
void task_log_free(struct task_log *log);

/* Copies the line. False if it is dropped because too much waits for the database. */
bool task_log_add(struct task_log *log, uint64_t row_id, int attempt, enum log_level level,
                  const char *message);

/* Adds a line that the task itself wrote, cleaned and within the limits above; beyond them it is
 * only counted, and false is returned. */
bool task_log_add_output(struct run *run, enum log_level level, const char *text, size_t size);

/* Hands everything gathered to the store. Called before the end of an attempt is stored, so that
 * whoever sees the end sees the whole log. */
void task_log_flush(struct task_log *log);

#endif
