/* SPDX-License-Identifier: MIT */
/* The second body of supervisor/store.h, in memory, under the test's control. */
#include "tests/store_fake.h"
#include "common/xalloc.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_cycle fake_cycle;
char fake_events[1024];
char fake_log[64 * 1024];
static store_cycle_fn cycle_done;
static void *cycle_arg;

void fake_reset(void)
{
    memset(&fake_cycle, 0, sizeof(fake_cycle));
    fake_events[0] = '\0';
    fake_log[0] = '\0';
}

enum store_state store_state(const struct store *store, const char **why)
{
    (void)store, (void)why;
    return STORE_READY;
}

const char *store_result_name(enum store_result result)
{
    return result == STORE_OK ? "ok" : "not ok";
}

void store_cycle(struct store *store, const struct store_cycle *cycle, store_cycle_fn done,
                 void *arg)
{
    (void)store;
    ck_assert_msg(!fake_cycle.waiting, "two cycles at a time");
    ck_assert_uint_le(cycle->finish_count, FAKE_FINISHES_MAX);
    fake_cycle.waiting = true;
    fake_cycle.asked++;
    fake_cycle.claim_limit = cycle->claim_limit;
    fake_cycle.finish_count = cycle->finish_count;
    for (size_t i = 0; i < cycle->finish_count; i++) {
        const struct store_finish *from = &cycle->finishes[i];
        struct fake_finish *to = &fake_cycle.finishes[i];
        *to = (struct fake_finish){.row_id = from->row_id,
                                   .status = from->status,
                                   .cause = from->cause,
                                   .progress = from->progress};
        snprintf(to->error, sizeof(to->error), "%s", from->error != NULL ? from->error : "");
    }
    cycle_done = done;
    cycle_arg = arg;
}

void fake_answer(enum store_result result, const char *type, const uint64_t *row_ids, size_t count)
{
    enum store_result results[FAKE_FINISHES_MAX];
    enum task_status statuses[FAKE_FINISHES_MAX];
    const char *errors[FAKE_FINISHES_MAX];
    int64_t times[FAKE_FINISHES_MAX] = {0};
    struct task tasks[FAKE_FINISHES_MAX];
    struct store_cycle_answer answer = {.finishes = results,
                                        .statuses = statuses,
                                        .errors = errors,
                                        .finished_at_us = times,
                                        .claimed = tasks,
                                        .claimed_count = count,
                                        .next_due_in_ms = -1};

    ck_assert(fake_cycle.waiting);
    ck_assert_uint_le(count, fake_cycle.claim_limit);
    memset(tasks, 0, sizeof(tasks));
    for (size_t i = 0; i < FAKE_FINISHES_MAX; i++) {
        results[i] = STORE_OK;
        statuses[i] = fake_cycle.finishes[i].status;
        errors[i] = fake_cycle.finishes[i].error;
    }
    for (size_t i = 0; i < count; i++) {
        tasks[i].row_id = row_ids[i];
        snprintf(tasks[i].id, sizeof(tasks[i].id), "%08llx-0000-4000-8000-000000000000",
                 (unsigned long long)row_ids[i]);
        tasks[i].type = xstrdup(type);
        tasks[i].creator_id = xstrdup("system");
        tasks[i].status = TASK_RUNNING;
        tasks[i].attempt = 1;
    }
    fake_cycle.waiting = false;
    cycle_done(cycle_arg, result, &answer);
    for (size_t i = 0; i < count; i++)
        task_clear(&tasks[i]);
}

void store_progress(struct store *store, const struct store_progress *rows, size_t count,
                    store_progress_fn done, void *arg)
{
    (void)store, (void)rows, (void)count;
    done(arg, STORE_OK, 1);
}

void store_log_append(struct store *store, const struct store_log_line *lines, size_t count,
                      store_done_fn done, void *arg)
{
    (void)store;
    for (size_t i = 0; i < count; i++) {
        strncat(fake_log, lines[i].message, sizeof(fake_log) - strlen(fake_log) - 2);
        strcat(fake_log, "\n");
    }
    if (done != NULL)
        done(arg, STORE_OK);
}

void store_event_append(struct store *store, const struct store_event *events, size_t count,
                        store_done_fn done, void *arg)
{
    (void)store;
    for (size_t i = 0; i < count; i++) {
        strncat(fake_events, events[i].kind, sizeof(fake_events) - strlen(fake_events) - 2);
        strcat(fake_events, " ");
    }
    if (done != NULL)
        done(arg, STORE_OK);
}
