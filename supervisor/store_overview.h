/* SPDX-License-Identifier: MIT */
/* How things stand, in one read whose time does not grow with the history: what runs and waits now,
 * and what became of the tasks that ended in the last 24 hours. */
#ifndef SUPERVISOR_STORE_OVERVIEW_H
#define SUPERVISOR_STORE_OVERVIEW_H

#include "supervisor/store.h"

#define STORE_OVERVIEW_HOURS 24
#define STORE_OVERVIEW_TYPES 64
#define STORE_OVERVIEW_RUNNING 10
#define STORE_OVERVIEW_FAILURES 10
/* Counting pending tasks stops here. */
#define STORE_OVERVIEW_PENDING_MAX 100000

struct store_overview_hour {
    int64_t from_us;    /* a whole hour by UTC; the last one holds the present */
    uint64_t counts[5]; /* by enum task_status; the final ones only */
};

struct store_overview_type {
    char name[TASK_TYPE_MAX + 1];
    uint64_t counts[5]; /* running and pending now, the final ones over all hours */
};

struct store_overview {
    int64_t now_us; /* by the database's clock */
    uint64_t running;
    uint64_t pending;      /* at most STORE_OVERVIEW_PENDING_MAX */
    uint64_t due_later;    /* of the pending ones: not to be started yet */
    int64_t oldest_due_us; /* since when the one that waits longest could run; 0: none waits */
    struct store_overview_hour hours[STORE_OVERVIEW_HOURS]; /* oldest first */
    int64_t counted_from_us; /* hours before this one are not counted yet (store_outcomes.h) */
    /* In no order. Types beyond the limit are counted everywhere but here. */
    struct store_overview_type types[STORE_OVERVIEW_TYPES];
    size_t type_count;
    /* Without payload and result: those that were due first, and those that failed last. */
    struct task running_tasks[STORE_OVERVIEW_RUNNING], failures[STORE_OVERVIEW_FAILURES];
    size_t running_count, failure_count;
};

/* `overview` is valid during the callback, NULL unless STORE_OK. */
typedef void (*store_overview_fn)(void *arg, enum store_result result,
                                  const struct store_overview *overview);
/* Of all tasks, or of the actor's own, of which it looks at the newest 10000. Which types wait is
 * told of the first 2000 that do. */
void store_overview(struct store *store, const struct store_actor *who, unsigned deadline_ms,
                    store_overview_fn done, void *arg);

#endif
