/* SPDX-License-Identifier: MIT */
/* Slices stand in a ring by their time. Those not counted yet are counted first, the newest of them
 * before the others; then, with what is left of the bound, those whose count is oldest. */
#include "supervisor/store_outcomes.h"

#include "common/xalloc.h"
#include "supervisor/store_sql.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US (3600 * INT64_C(1000000))
#define SLICES_AN_HOUR 6
#define SLICE_US (HOUR_US / SLICES_AN_HOUR)
#define SLICES (STORE_OVERVIEW_HOURS * SLICES_AN_HOUR)
#define ROWS_MAX 20000 /* no further slice is counted in a reading after so many rows */
#define AGAIN_MAX 2    /* slices that are counted again in a reading */
#define SETTLE_US INT64_C(10000000) /* an end is stored some time after it was written down */
#define FINALS 3                    /* success, failed, cancelled */

struct slice {
    int64_t from_us;
    int64_t counted_us; /* 0: not counted yet */
    uint32_t all[FINALS];
    uint32_t by_type[STORE_OVERVIEW_TYPES][FINALS];
};

struct store_outcomes {
    pthread_mutex_t lock;
    bool counting;                                       /* under lock: a thread is at it */
    char types[STORE_OVERVIEW_TYPES][TASK_TYPE_MAX + 1]; /* under lock; "" is free */
    struct slice slices[SLICES];                         /* under lock */
};

struct store_outcomes *store_outcomes_new(void)
{
    struct store_outcomes *outcomes = xcalloc(1, sizeof *outcomes);
    pthread_mutex_init(&outcomes->lock, NULL);
    return outcomes;
}

void store_outcomes_free(struct store_outcomes *outcomes)
{
    if (outcomes != NULL) {
        pthread_mutex_destroy(&outcomes->lock);
        free(outcomes);
    }
}

/* ---- types ---- */

static bool is_used(const struct store_outcomes *outcomes, size_t type)
{
    for (size_t i = 0; i < SLICES; i++) {
        for (size_t final = 0; final < FINALS; final++) {
            if (outcomes->slices[i].by_type[type][final] > 0) {
                return true;
            }
        }
    }
    return false;
}

/* The place of a type, made if need be; STORE_OVERVIEW_TYPES if all are taken by others. */
static size_t place_of(struct store_outcomes *outcomes, const char *name)
{
    size_t place = 0;
    while (place < STORE_OVERVIEW_TYPES && strcmp(outcomes->types[place], name) != 0) {
        place++;
    }
    for (size_t i = 0; place == STORE_OVERVIEW_TYPES && i < STORE_OVERVIEW_TYPES; i++) {
        if (outcomes->types[i][0] == '\0' || !is_used(outcomes, i)) {
            snprintf(outcomes->types[i], sizeof outcomes->types[i], "%s", name);
            return i;
        }
    }
    return place;
}

/* ---- counting ---- */

/* A row of the count: status, type, how many. */
static uint64_t add_row(struct store_outcomes *outcomes, struct slice *slice, const struct sql *sql)
{
    enum task_status status;
    uint64_t count = sql_get_uint(sql, 2);
    if (!task_status_parse(sql_get_text(sql, 0), &status) || !task_status_is_final(status)) {
        return 0;
    }
    size_t place = place_of(outcomes, sql_get_text(sql, 1));
    slice->all[status - TASK_SUCCESS] += (uint32_t)count;
    if (place < STORE_OVERVIEW_TYPES) {
        slice->by_type[place][status - TASK_SUCCESS] += (uint32_t)count;
    }
    return count;
}

static bool count_slice(struct store_outcomes *outcomes, struct store_conn *conn,
                        struct slice *slice, int64_t now_us, uint64_t *rows)
{
    struct sql *sql =
        sql_begin(conn, "SELECT status, type, COUNT(*) FROM task FORCE INDEX (task_finished) WHERE "
                        "status IN ('success', 'failed', 'cancelled') AND finished_at >= ? AND "
                        "finished_at < ? AND deleted_at IS NULL GROUP BY status, type");
    sql_time(sql, slice->from_us);
    sql_time(sql, slice->from_us + SLICE_US);
    bool ok = sql_run(sql);
    pthread_mutex_lock(&outcomes->lock);
    if (ok) {
        memset(slice->all, 0, sizeof slice->all);
        memset(slice->by_type, 0, sizeof slice->by_type);
        slice->counted_us = now_us;
    }
    while (ok && sql_next(sql)) {
        *rows += add_row(outcomes, slice, sql);
    }
    pthread_mutex_unlock(&outcomes->lock);
    sql_end(sql);
    return ok;
}

/* The one whose count is oldest; NULL if all are of the present reading. */
static struct slice *oldest_count(struct store_outcomes *outcomes, int64_t now_us)
{
    struct slice *oldest = NULL;
    for (size_t i = 0; i < SLICES; i++) {
        struct slice *slice = &outcomes->slices[i];
        if (slice->counted_us < now_us && slice->from_us <= now_us &&
            (oldest == NULL || slice->counted_us < oldest->counted_us)) {
            oldest = slice;
        }
    }
    return oldest;
}

/* From the newest on what is missing or was not over when it was counted; then what was counted
 * long ago. Only the counting thread changes slices, so it may read them without the lock. */
static bool count(struct store_outcomes *outcomes, struct store_conn *conn, int64_t now_us)
{
    uint64_t rows = 0;
    int64_t present = now_us - now_us % SLICE_US;
    for (int i = 0; i < SLICES && rows < ROWS_MAX; i++) {
        struct slice *slice = &outcomes->slices[(present / SLICE_US - i) % SLICES];
        bool is_over = slice->counted_us > slice->from_us + SLICE_US + SETTLE_US;
        if (slice->from_us == present - i * SLICE_US && !is_over &&
            !count_slice(outcomes, conn, slice, now_us, &rows)) {
            return false;
        }
    }
    for (int i = 0; i < AGAIN_MAX && rows < ROWS_MAX; i++) {
        struct slice *slice = oldest_count(outcomes, now_us);
        if (slice != NULL && !count_slice(outcomes, conn, slice, now_us, &rows)) {
            return false;
        }
    }
    return true;
}

/* ---- the window of time ---- */

/* Slices of a time that is over make room for those of `first_us` and the day behind it. */
static void move_window(struct store_outcomes *outcomes, int64_t first_us)
{
    for (int i = 0; i < SLICES; i++) {
        int64_t from_us = first_us + i * SLICE_US;
        struct slice *slice = &outcomes->slices[(from_us / SLICE_US) % SLICES];
        if (slice->from_us != from_us) {
            *slice = (struct slice){.from_us = from_us};
        }
    }
}

static bool add_slice(const struct store_outcomes *outcomes, const struct slice *slice,
                      struct store_overview *overview, struct store_overview_hour *hour)
{
    for (int final = 0; final < FINALS; final++) {
        hour->counts[TASK_SUCCESS + final] += slice->all[final];
        for (size_t i = 0; i < STORE_OVERVIEW_TYPES; i++) {
            if (slice->by_type[i][final] > 0) {
                store_overview_add(overview, outcomes->types[i],
                                   (enum task_status)(TASK_SUCCESS + final),
                                   slice->by_type[i][final]);
            }
        }
    }
    return slice->counted_us > 0 || slice->from_us > overview->now_us;
}

/* From the newest hour back to the first that is not known whole. */
static void sum_up(const struct store_outcomes *outcomes, struct store_overview *overview)
{
    bool whole = true;
    for (int i = STORE_OVERVIEW_HOURS - 1; i >= 0 && whole; i--) {
        struct store_overview_hour *hour = &overview->hours[i];
        for (int part = 0; part < SLICES_AN_HOUR; part++) {
            int64_t from_us = hour->from_us + part * SLICE_US;
            const struct slice *slice = &outcomes->slices[(from_us / SLICE_US) % SLICES];
            whole = add_slice(outcomes, slice, overview, hour) && whole;
        }
        if (whole || i == STORE_OVERVIEW_HOURS - 1) {
            overview->counted_from_us = hour->from_us;
        }
    }
}

bool store_outcomes_read(struct store_outcomes *outcomes, struct store_conn *conn,
                         struct store_overview *overview)
{
    bool ok = true;
    pthread_mutex_lock(&outcomes->lock);
    bool mine = !outcomes->counting;
    if (mine) {
        outcomes->counting = true;
        move_window(outcomes, overview->hours[0].from_us);
    }
    pthread_mutex_unlock(&outcomes->lock);
    if (mine) {
        ok = count(outcomes, conn, overview->now_us);
    }
    pthread_mutex_lock(&outcomes->lock);
    if (mine) {
        outcomes->counting = false;
    }
    sum_up(outcomes, overview);
    pthread_mutex_unlock(&outcomes->lock);
    return ok;
}
