/* SPDX-License-Identifier: MIT */
/* Removes what is older than the settings say: log lines, events of the audit trail, finished tasks
 * with their artifacts. Every hour by itself, and at once when asked. Loop thread only. */
#ifndef SUPERVISOR_RETENTION_H
#define SUPERVISOR_RETENTION_H

#include "supervisor/store.h"

struct app;
struct retention;

struct retention *retention_new(struct app *app);
/* After the store is closed; what is under way is told that it ended there. */
void retention_free(struct retention *retention);

struct retention_removed {
    uint64_t tasks, log_lines, events, files;
};

/* Works for `budget_ms` at most. `more`: it ended for want of time. After an error `removed` tells
 * what went before it. */
typedef void (*retention_fn)(void *arg, enum store_result result,
                             const struct retention_removed *removed, bool more);
void retention_purge(struct app *app, int64_t budget_ms, retention_fn done, void *arg);

#endif
