/* SPDX-License-Identifier: MIT */
/* Tasks of a dead supervisor: its processes are gone (main.c made sure), so each of its attempts is
 * over. One that merely has our name may live. */
#include "supervisor/settle.h"
#include "common/crash_point.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/file_sweep.h"
#include "supervisor/run_outcome.h"
#include "supervisor/scheduler.h"
#include "supervisor/store.h"
#include "supervisor/type.h"

#include <event2/event.h>
#include <stdlib.h>

#define CHUNK 256
#define AGAIN_S 5

struct settling {
    struct app *app;
    struct store_leftover *rows;
    size_t count;
    size_t next;
    size_t sent;
    bool again; /* claims have begun before */
    bool later; /* to be looked at once more */
};

static void start(struct app *app, bool again);
static void send_chunk(struct settling *settling);

static void again_cb(evutil_socket_t fd, short what, void *arg)
{
    struct app *app = arg;

    (void)fd, (void)what;
    if (!app->draining)
        start(app, true);
}

static void settling_over(struct settling *settling)
{
    struct timeval delay = {.tv_sec = AGAIN_S};

    if (settling->later)
        event_base_once(settling->app->base, -1, EV_TIMEOUT, again_cb, settling->app, &delay);
    free(settling->rows);
    free(settling);
}

static struct store_finish finish_of(const struct app *app, const struct store_leftover *row)
{
    const struct task_type *type = type_registry_find(app->types, row->type);
    struct run_facts facts = {.stop = STOP_LOST,
                              .on_interrupt =
                                  type != NULL ? type->on_interrupt : ON_INTERRUPT_REQUEUE,
                              .crash_count = row->crash_count};
    struct run_verdict verdict = run_outcome(&facts);
    struct store_finish finish = {.row_id = row->row_id,
                                  .attempt = row->attempt,
                                  .incarnation = row->incarnation,
                                  .started_at_us = row->started_at_us,
                                  .status = verdict.status,
                                  .cause = verdict.cause,
                                  .progress = row->progress,
                                  .progress_text =
                                      row->progress_text[0] != 0 ? row->progress_text : NULL,
                                  .count_crash = verdict.count_crash,
                                  .exit_status = -1,
                                  .error = "interrupted: the service ended unexpectedly"};

    if (verdict.status == TASK_FAILED && facts.crash_count >= RUN_CRASHES_MAX)
        finish.error = "interrupted: the service ended unexpectedly each time this task ran; retry "
                       "it by hand if it was not the cause";
    if (row->cancel_requested) {
        finish.status = TASK_CANCELLED;
        finish.cause = row->killed_by[0] != '\0' ? CAUSE_KILL : CAUSE_CANCEL;
        finish.error = row->killed_by[0] != '\0' ? row->killed_by : "cancelled";
    }
    return finish;
}

static void stored_cb(void *arg, enum store_result result, const struct store_cycle_answer *answer)
{
    struct settling *settling = arg;

    for (size_t i = 0; result == STORE_OK && i < settling->sent; i++)
        if (answer->finishes[i] != STORE_OK)
            log_error("task %s could not be settled: %s", settling->rows[settling->next + i].id,
                      store_result_name(answer->finishes[i]));
    if (result != STORE_OK) {
        log_error("settling the tasks of the last run failed: %s", store_result_name(result));
        settling_over(settling);
        return; /* the store is closing */
    }
    crash_point(settle_after_commit);
    settling->next += settling->sent;
    send_chunk(settling);
}

static void begin_claims(struct app *app)
{
    scheduler_enable(app->scheduler);
    if (app->upgrades == 0) /* else it is the same life */
        file_sweep_begin(app->file_sweep);
}

static void send_chunk(struct settling *settling)
{
    struct store_finish finishes[CHUNK];
    struct store_cycle cycle = {.finishes = finishes};

    settling->sent =
        settling->count - settling->next < CHUNK ? settling->count - settling->next : CHUNK;
    if (settling->sent == 0) {
        if (settling->count > 0)
            log_info("settled %zu tasks that were running when the service ended", settling->count);
        if (!settling->again)
            begin_claims(settling->app);
        settling_over(settling);
        return;
    }
    for (size_t i = 0; i < settling->sent; i++)
        finishes[i] = finish_of(settling->app, &settling->rows[settling->next + i]);
    cycle.finish_count = settling->sent;
    crash_point(settle_before_commit);
    store_cycle(settling->app->store, &cycle, stored_cb, settling);
}

/* Theirs, for as long as they live. They may also be those of a dead one whose state directory is
 * lost: then nothing is heard of it any more. */
static void tell_of_others(const struct settling *settling, size_t count)
{
    if (count > 0 && !settling->again)
        log_warn("another supervisor is called %s as well and runs %zu tasks, which are left to "
                 "it: give each a name of its own (node)",
                 settling->app->config->node, count);
}

static void leftovers_cb(void *arg, enum store_result result, const struct store_leftover *rows,
                         size_t count)
{
    struct settling *settling = arg;

    if (result != STORE_OK) {
        log_error("the tasks of the last run cannot be read: %s", store_result_name(result));
        settling_over(settling);
        return;
    }
    settling->rows = xcalloc(count + 1, sizeof(*rows));
    for (size_t i = 0; i < count; i++)
        if (!rows[i].of_another)
            settling->rows[settling->count++] = rows[i];
    settling->later = settling->count < count;
    tell_of_others(settling, count - settling->count);
    send_chunk(settling);
}

static void start(struct app *app, bool again)
{
    struct settling *settling = xcalloc(1, sizeof(*settling));

    settling->app = app;
    settling->again = settling->later = again;
    store_leftovers(app->store, leftovers_cb, settling);
}

void settle_start(struct app *app)
{
    start(app, false);
}
