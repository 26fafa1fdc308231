/* SPDX-License-Identifier: MIT */
/* Counting; metrics_text.c shows it. */
#include "supervisor/metrics.h"
#include "common/xalloc.h"
#include "supervisor/metrics_text.h"
#include "supervisor/type.h"

#include <stdlib.h>
#include <string.h>

#define UNREGISTERED "unregistered"
#define MINUTE_US (60 * INT64_C(1000000))

void metrics_clear(struct metrics *metrics)
{
    free(metrics->types);
    metrics->types = NULL;
    metrics->type_count = 0;
}

static struct metrics_type *find(struct metrics *metrics, const char *name)
{
    for (size_t i = 0; i < metrics->type_count; i++)
        if (strcmp(metrics->types[i].name, name) == 0)
            return &metrics->types[i];
    return NULL;
}

static struct metrics_type *add(struct metrics *metrics, const char *name)
{
    struct metrics_type *type;

    metrics->types = xrealloc(metrics->types, metrics->type_count + 1, sizeof(metrics->types[0]));
    type = &metrics->types[metrics->type_count++];
    memset(type, 0, sizeof(*type));
    strncpy(type->name, name, sizeof(type->name) - 1);
    return type;
}

struct metrics_type *metrics_type(struct metrics *metrics, const struct type_registry *types,
                                  const char *name)
{
    struct metrics_type *type = find(metrics, name);

    if (type != NULL)
        return type;
    if (type_registry_find(types, name) != NULL)
        return add(metrics, name);
    type = find(metrics, UNREGISTERED);
    return type != NULL ? type : add(metrics, UNREGISTERED);
}

static size_t category_of(const struct task *task)
{
    return strcmp(task->creator_id, TASK_CREATOR_SYSTEM) == 0 ? 1 : 0;
}

/* ---- histograms ---- */

static void observe(struct metrics_histogram *histogram, const double bounds[METRICS_BUCKETS],
                    double seconds)
{
    size_t i = 0;

    while (i < METRICS_BUCKETS && seconds > bounds[i])
        i++;
    histogram->counts[i]++;
    histogram->sum_s += seconds;
}

static double seconds_of(int64_t us)
{
    return us > 0 ? (double)us / 1e6 : 0;
}

/* ---- tasks ---- */

void metrics_pending_add(struct metrics *metrics, int64_t change)
{
    metrics->pending += change;
    if (metrics->pending < 0)
        metrics->pending = 0;
}

void metrics_pending_set(struct metrics *metrics, uint64_t pending)
{
    metrics->pending_known = true;
    metrics->pending = (int64_t)pending;
}

void metrics_task_created(struct metrics *metrics, const struct type_registry *types,
                          const struct task *task)
{
    metrics_type(metrics, types, task->type)->created[category_of(task)]++;
    metrics_pending_add(metrics, 1);
}

void metrics_task_started(struct metrics *metrics, const struct task *task)
{
    metrics->started++;
    observe(&metrics->claim_latency, metrics_latency_bounds,
            seconds_of(task->started_at_us - task->due_at_us));
    metrics_pending_add(metrics, -1);
}

void metrics_task_ended(struct metrics *metrics, const struct type_registry *types,
                        const struct task *task, bool ran)
{
    if (!ran)
        metrics_pending_add(metrics, -1);
    if (task_status_is_final(task->status))
        metrics_type(metrics, types, task->type)
            ->completed[category_of(task)][task->status - TASK_SUCCESS]++;
    else
        metrics_pending_add(metrics, 1);
}

void metrics_run_over(struct metrics *metrics, const struct type_registry *types, const char *type,
                      int64_t duration_ms)
{
    observe(&metrics_type(metrics, types, type)->run_duration, metrics_duration_bounds,
            seconds_of(duration_ms * 1000));
}

/* ---- the loop and its clients ---- */

static void keep_most(int64_t most[2], bool next_minute, bool later, int64_t value)
{
    if (next_minute || later) {
        most[1] = next_minute ? most[0] : 0;
        most[0] = 0;
    }
    if (value > most[0])
        most[0] = value;
}

void metrics_loop_lag(struct metrics *metrics, int64_t lag_us, int64_t own_us, int64_t now_us)
{
    int64_t minute = now_us / MINUTE_US;
    bool next_minute = minute == metrics->minute + 1, later = minute > metrics->minute + 1;

    metrics->minute = minute;
    keep_most(metrics->loop_lag_max_us, next_minute, later, lag_us);
    keep_most(metrics->loop_own_max_us, next_minute, later, own_us);
    observe(&metrics->loop_lag, metrics_lag_bounds, seconds_of(lag_us));
}

void metrics_request(struct metrics *metrics, size_t listener, int status)
{
    int status_class = status / 100 - 1;

    if (listener < METRICS_LISTENERS && status_class >= 0 && status_class < METRICS_STATUS_CLASSES)
        metrics->requests[listener][status_class]++;
}
