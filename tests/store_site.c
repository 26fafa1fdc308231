/* SPDX-License-Identifier: MIT */
/* Calls of the store made synchronous for its tests. */
#include "tests/store_site.h"

#include "common/xalloc.h"
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct site site;

int64_t site_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void state_cb(void *arg, enum store_state state, const char *why)
{
    (void)arg;
    (void)why;
    site.state = state;
}

void site_open_with(const struct store_config *config)
{
    site = (struct site){.base = event_base_new()};
    snprintf(site.incarnation, sizeof site.incarnation, "%s", config->incarnation);
    site.store = store_open(site.base, config, state_cb, NULL);
}

void site_open(const char *database)
{
    char incarnation[ID_SIZE];
    id_new(incarnation);
    struct store_config config = store_server_config(database, incarnation);
    site_open_with(&config);
    site_wait_state(STORE_READY);
}

static void forget(void)
{
    task_clear(&site.task);
    for (size_t i = 0; i < SITE_TASKS; i++) {
        task_clear(&site.tasks[i]);
    }
    site.count = 0;
}

void site_close(void)
{
    store_close(site.store, 1000);
    event_base_free(site.base);
    forget();
}

static void turn(void)
{
    struct timeval limit = {.tv_usec = 50000};
    event_base_loopexit(site.base, &limit);
    event_base_loop(site.base, EVLOOP_ONCE);
}

void site_wait(void)
{
    int64_t begin = site_ms();
    while (!site.answered) {
        turn();
        ck_assert_msg(site_ms() - begin < 30000, "no answer in 30 s");
    }
    site.answered = false;
}

void site_wait_state(enum store_state state)
{
    int64_t begin = site_ms();
    while (site.state != state) {
        turn();
        const char *why;
        store_state(site.store, &why);
        ck_assert_msg(site_ms() - begin < 20000, "state stays %d, not %d: %s", site.state, state,
                      why);
    }
}

static void copy_task(struct task *to, const struct task *from)
{
    *to = *from;
    to->type = xstrdup_or_null(from->type);
    to->progress_text = xstrdup_or_null(from->progress_text);
    to->payload = xstrdup_or_null(from->payload);
    to->result = xstrdup_or_null(from->result);
    to->error = xstrdup_or_null(from->error);
    to->creator_id = xstrdup_or_null(from->creator_id);
    to->artifact_file_key = xstrdup_or_null(from->artifact_file_key);
    to->artifact_file_name = xstrdup_or_null(from->artifact_file_name);
}

void site_done_cb(void *arg, enum store_result result)
{
    (void)arg;
    site.result = result;
    site.answered = true;
}

void site_task_cb(void *arg, enum store_result result, const struct task *task)
{
    task_clear(&site.task);
    if (task != NULL) {
        copy_task(&site.task, task);
    }
    site_done_cb(arg, result);
}

void site_tasks_cb(void *arg, enum store_result result, const struct task *tasks, size_t count)
{
    forget();
    for (site.count = 0; site.count < count && site.count < SITE_TASKS; site.count++) {
        copy_task(&site.tasks[site.count], &tasks[site.count]);
    }
    if (count > 0) {
        copy_task(&site.task, &tasks[0]);
    }
    site_done_cb(arg, result);
}

void site_list_cb(void *arg, enum store_result result, const struct task *tasks,
                  struct json_text *large, size_t count, uint64_t total)
{
    (void)large;
    site.total = total;
    site_tasks_cb(arg, result, tasks, count);
}

static void cycle_cb(void *arg, enum store_result result, const struct store_cycle_answer *answer)
{
    site_tasks_cb(arg, result, answer->claimed, answer->claimed_count);
    site.next_due_in_ms = answer->next_due_in_ms;
    for (size_t i = 0; i < *(size_t *)arg && answer->finishes != NULL; i++) {
        site.finishes[i] = answer->finishes[i];
        ck_assert_int_gt(answer->finished_at_us[i], 0);
    }
}

enum store_result site_create(const char *type, const char *creator, const char *key)
{
    struct store_task_new wanted = {.type = type,
                                    .payload = "{\"n\":1}",
                                    .creator_id = creator,
                                    .max_retries = 2,
                                    .idempotency_key = key};
    id_new(wanted.id);
    store_create(site.store, &wanted, 1, SITE_ACTOR(creator), 5000, site_tasks_cb, NULL);
    site_wait();
    return site.result;
}

enum store_result site_get(const char *id)
{
    store_task_get(site.store, id, STORE_SYSTEM, 5000, site_task_cb, NULL);
    site_wait();
    return site.result;
}

enum store_result site_cycle(const struct store_finish *finishes, size_t count, unsigned claim)
{
    struct store_cycle cycle = {.finishes = finishes, .finish_count = count, .claim_limit = claim};
    store_cycle(site.store, &cycle, cycle_cb, &count);
    site_wait();
    return site.result;
}

enum store_result site_list(const struct store_list_filter *filter)
{
    store_task_list(site.store, filter, STORE_SYSTEM, 5000, site_list_cb, NULL);
    site_wait();
    return site.result;
}

struct store_finish site_finish(const struct task *task, enum task_status status)
{
    return (struct store_finish){.row_id = task->row_id,
                                 .attempt = task->attempt,
                                 .started_at_us = task->started_at_us,
                                 .incarnation = site.incarnation,
                                 .status = status,
                                 .cause = status == TASK_SUCCESS ? CAUSE_SUCCESS : CAUSE_ERROR,
                                 .progress = status == TASK_SUCCESS ? 100 : 30,
                                 .result = status == TASK_SUCCESS ? "{\"rows\":1}" : NULL,
                                 .error = status == TASK_SUCCESS ? NULL : "it went wrong",
                                 .exit_status = -1,
                                 .cpu_us = 1500,
                                 .peak_memory_bytes = 4096,
                                 .pid = 77};
}

void site_run_one(enum task_status status)
{
    ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    ck_assert_uint_eq(site.count, 1);
    struct store_finish finish = site_finish(&site.tasks[0], status);
    ck_assert_int_eq(site_cycle(&finish, 1, 0), STORE_OK);
    ck_assert_int_eq(site.finishes[0], STORE_OK);
}

void site_open_empty(void)
{
    site_open("check_store");
    store_server_sql(
        "check_store",
        "DELETE FROM task; DELETE FROM attempt; DELETE FROM task_event; "
        "DELETE FROM task_log; DELETE FROM file; DELETE FROM user; DELETE FROM setting;");
}

enum store_result site_change(site_change_fn call, const char *id)
{
    char copy[TASK_ID_SIZE];
    snprintf(copy, sizeof copy, "%s", id);
    call(site.store, copy, SITE_ACTOR("u-9"), 5000, site_task_cb, NULL);
    site_wait();
    return site.result;
}

void site_make_task(enum task_status status, char id[TASK_ID_SIZE])
{
    ck_assert_int_eq(site_create("a", "u", NULL), STORE_OK);
    memcpy(id, site.task.id, TASK_ID_SIZE);
    if (status == TASK_RUNNING) {
        ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    } else if (status != TASK_PENDING) {
        site_run_one(status);
    }
}

int site_main(Suite *suite)
{
    store_server_prepare();
    store_server_start();
    log_open("check_store", LOG_LEVEL_WARN);
    SRunner *runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    store_server_remove();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
