/* SPDX-License-Identifier: MIT */
/* The figures of the service for Prometheus: plain counters that the modules count up where things
 * happen, and the text they are shown in. A zeroed struct is ready for use. Loop thread only. */
#ifndef SUPERVISOR_METRICS_H
#define SUPERVISOR_METRICS_H

#include "common/task.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct type_registry;

#define METRICS_BUCKETS 12
#define METRICS_LISTENERS 2
#define METRICS_STATUS_CLASSES 5

/* How many observations fell between two bounds; the last element has those above all bounds. */
struct metrics_histogram {
    uint64_t counts[METRICS_BUCKETS + 1];
    double sum_s;
};

/* What is counted for each type by itself. Only names that are or were registered have one; all
 * others share "unregistered", so that no client can make series at will. */
struct metrics_type {
    char name[TASK_TYPE_MAX + 1];
    uint64_t created[2];      /* by category: user, system */
    uint64_t completed[2][3]; /* by category; success, failed, cancelled */
    size_t running;           /* set right before printing */
    struct metrics_histogram run_duration;
};

struct metrics {
    struct metrics_type *types; /* in the order they were seen first */
    size_t type_count;
    uint64_t started;       /* attempts */
    uint64_t not_queued;    /* tasks the database did not take */
    uint64_t fork_failures; /* processes that could not be made */
    uint64_t requests[METRICS_LISTENERS][METRICS_STATUS_CLASSES]; /* by 1xx to 5xx */
    int64_t connections[METRICS_LISTENERS];                       /* open now: public, control */
    struct metrics_histogram claim_latency; /* from the moment a task is due to its claim */
    struct metrics_histogram loop_lag;
    int64_t loop_lag_max_us[2]; /* of this minute and of the one before */
    int64_t loop_own_max_us[2]; /* the part of it in which the loop had the processor, or slept */
    int64_t minute;             /* which minute that is */

    /* The number of pending tasks: counted by the database now and then, moved along in between by
     * what this service does itself. */
    bool pending_known;
    int64_t pending;
};

/* What is not counted but looked up right before printing. */
struct metrics_now {
    const char *version;
    int64_t started_at_s; /* Unix time */
    size_t running;
    unsigned max_concurrent;
    bool database_up;
    size_t outbox;                            /* ends of attempts in files */
    uint64_t unavailable, uncertain, invalid; /* answers of the store */
};

/* Frees what hangs on it. */
void metrics_clear(struct metrics *metrics);

/* The counters of a type, by its name. */
struct metrics_type *metrics_type(struct metrics *metrics, const struct type_registry *types,
                                  const char *name);

void metrics_task_created(struct metrics *metrics, const struct type_registry *types,
                          const struct task *task);
/* As it was claimed. */
void metrics_task_started(struct metrics *metrics, const struct task *task);
/* task->status is final, or pending again; it was running before if `ran`, else pending. */
void metrics_task_ended(struct metrics *metrics, const struct type_registry *types,
                        const struct task *task, bool ran);
/* A process of this type lived so long. */
void metrics_run_over(struct metrics *metrics, const struct type_registry *types, const char *type,
                      int64_t duration_ms);
/* So many tasks became pending, or (negative) ceased to be. */
void metrics_pending_add(struct metrics *metrics, int64_t change);
/* What the database has counted. */
void metrics_pending_set(struct metrics *metrics, uint64_t pending);

/* How late the loop came to a timer. */
void metrics_loop_lag(struct metrics *metrics, int64_t lag_us, int64_t own_us, int64_t now_us);
/* An answer with this HTTP status; listener 0 is public, 1 control. */
void metrics_request(struct metrics *metrics, size_t listener, int status);

/* Everything in the text format of Prometheus, version 0.0.4. */
void metrics_print(const struct metrics *metrics, const struct metrics_now *now, FILE *out);

#endif
