/* SPDX-License-Identifier: MIT */
/* Removing what is older than it is to be kept, in steps that are small enough not to hold up the
 * queue. */
#ifndef SUPERVISOR_STORE_PURGE_H
#define SUPERVISOR_STORE_PURGE_H

#include "supervisor/store.h"

/* Days that things are kept by the database's clock; 0: for ever. */
struct store_purge_ages {
    int64_t tasks;  /* since a finished task's end */
    int64_t logs;   /* of each line */
    int64_t events; /* of each event of the audit trail, those about tasks among them */
};

#define STORE_PURGE_TASKS 64 /* at most in one step */

struct store_purged {
    uint64_t tasks, log_lines, events;
    /* The artifacts of these tasks: their rows are gone, their bytes are the caller's to remove. */
    char file_keys[STORE_PURGE_TASKS][ID_SIZE];
    size_t file_count;
    bool more; /* there is, or may be, more to remove */
};

/* `purged` is valid during the callback, NULL unless STORE_OK. */
typedef void (*store_purged_fn)(void *arg, enum store_result result,
                                const struct store_purged *purged);
/* One step: some hundred log lines and events, up to `tasks_max` (1 to STORE_PURGE_TASKS) tasks
 * with their attempts and artifacts. A file that was uploaded, rather than left by a task, stays
 * even if a task names it. */
void store_purge(struct store *store, const struct store_purge_ages *ages, size_t tasks_max,
                 unsigned deadline_ms, store_purged_fn done, void *arg);

#endif
