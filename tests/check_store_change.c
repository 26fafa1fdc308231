/* SPDX-License-Identifier: MIT */
/* What users and runs do to tasks, and the history that is kept of it, against a real server. */
#include "supervisor/store_files.h"
#include "tests/store_site.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* ---- what users change ---- */

START_TEST(cancel_in_every_status)
{
    static const enum store_result wanted[] = {STORE_OK, STORE_OK, STORE_CONFLICT, STORE_CONFLICT,
                                               STORE_CONFLICT};
    enum task_status status = (enum task_status)_i;
    char id[TASK_ID_SIZE];
    site_make_task(status, id);
    ck_assert_int_eq(site_change(store_cancel, id), wanted[_i]);
    ck_assert_int_eq(site.task.status, status == TASK_PENDING ? TASK_CANCELLED : status);
    ck_assert_int_eq(site.task.cancel_requested_at_us > 0, status == TASK_RUNNING);
    int64_t requested = site.task.cancel_requested_at_us;
    enum store_result again = site_change(store_cancel, id);
    ck_assert_int_eq(again, status == TASK_RUNNING ? STORE_OK : STORE_CONFLICT);
    ck_assert_int_eq(site.task.cancel_requested_at_us, requested);
    const char *events = store_server_value(
        "check_store", "SELECT COUNT(*) FROM task_event WHERE kind LIKE 'cancel%' "
                       "AND actor = 'u-9'");
    ck_assert_str_eq(events, status == TASK_PENDING || status == TASK_RUNNING ? "1" : "0");
    ck_assert_int_eq(site_change(store_cancel, "absent"), STORE_NOT_FOUND);
}
END_TEST

static void kill_with_a_reason(struct store *store, const char *id, const struct store_actor *who,
                               unsigned deadline_ms, store_task_fn done, void *arg)
{
    const struct store_kill kill = {.detail = "{\"reason\":\"stuck\"}",
                                    .error = "killed by ann: stuck"};
    store_kill(store, id, &kill, who, deadline_ms, done, arg);
}

START_TEST(kill_in_every_status)
{
    enum task_status status = (enum task_status)_i;
    bool changes = status == TASK_PENDING || status == TASK_RUNNING;
    char id[TASK_ID_SIZE];
    site_make_task(status, id);
    ck_assert_int_eq(site_change(kill_with_a_reason, id), changes ? STORE_OK : STORE_CONFLICT);
    ck_assert_int_eq(site.task.status, status == TASK_PENDING ? TASK_CANCELLED : status);
    ck_assert_int_eq(site.task.cancel_requested_at_us > 0, status == TASK_RUNNING);
    ck_assert_str_eq(store_server_value("check_store",
                                        "SELECT COUNT(*) FROM task WHERE error = 'killed by ann: "
                                        "stuck' AND status = 'cancelled'"),
                     status == TASK_PENDING ? "1" : "0");
    ck_assert_str_eq(store_server_value("check_store",
                                        "SELECT COUNT(*) FROM task_event WHERE kind = "
                                        "'kill_requested' AND detail LIKE '%stuck%'"),
                     changes ? "1" : "0");
    int64_t requested = site.task.cancel_requested_at_us;
    ck_assert_int_eq(site_change(kill_with_a_reason, id),
                     status == TASK_RUNNING ? STORE_OK : STORE_CONFLICT);
    ck_assert_int_eq(site.task.cancel_requested_at_us, requested);
}
END_TEST

/* The attempt has ended and its retry is on the way to the table when the user cancels. */
START_TEST(a_cancel_after_the_end_is_heeded)
{
    static const struct {
        void (*change)(struct store *store, const char *id, const struct store_actor *who,
                       unsigned deadline_ms, store_task_fn done, void *arg);
        const char *wanted;
    } changes[] = {
        {store_cancel, "cancelled 0 cancel cancelled cancelled"},
        {store_delete, "cancelled 0 cancel cancelled cancelled"},
        {kill_with_a_reason, "cancelled 0 kill killed by ann: stuck killed by ann: stuck"}};
    char id[TASK_ID_SIZE];
    site_make_task(TASK_RUNNING, id);
    struct store_finish finish = site_finish(&site.tasks[0], TASK_PENDING);
    finish.count_auto_retry = true;
    ck_assert_int_eq(site_change(changes[_i].change, id), STORE_OK);
    ck_assert_int_eq(site_cycle(&finish, 1, 1), STORE_OK);
    ck_assert_int_eq(site.finishes[0], STORE_OK);
    ck_assert_uint_eq(site.count, 0); /* not claimed again */
    ck_assert_str_eq(store_server_value(
                         "check_store",
                         "SELECT CONCAT_WS(' ', task.status, auto_retry_count, cause, task.error, "
                         "attempt.error) FROM task JOIN attempt ON task_id = task.id"),
                     changes[_i].wanted);
}
END_TEST

START_TEST(retry_in_every_status)
{
    static const enum store_result wanted[] = {STORE_CONFLICT, STORE_CONFLICT, STORE_CONFLICT,
                                               STORE_OK, STORE_OK};
    enum task_status status = (enum task_status)_i;
    char id[TASK_ID_SIZE];
    site_make_task(status, id);
    ck_assert_int_eq(site_change(store_retry, id), wanted[_i]);
    if (wanted[_i] == STORE_OK) {
        ck_assert_int_eq(site.task.status, TASK_PENDING);
        ck_assert_int_eq(site.task.retry_count, 1);
        ck_assert_int_eq(site.task.progress, 0);
        ck_assert_ptr_null(site.task.error);
        ck_assert_int_eq(site.task.finished_at_us, 0);
        ck_assert_int_eq(site_get(id), STORE_OK);
        ck_assert_int_eq(site.task.retry_count, 1);
        ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
        ck_assert_int_eq(site.tasks[0].attempt, 2);
    } else {
        ck_assert_int_eq(site.task.status, status);
        ck_assert_int_eq(site.task.retry_count, 0);
    }
}
END_TEST

START_TEST(delete_in_every_status)
{
    enum task_status status = (enum task_status)_i;
    char id[TASK_ID_SIZE];
    site_make_task(status, id);
    struct store_finish finish = site_finish(&site.tasks[0], TASK_CANCELLED);
    ck_assert_int_eq(site_change(store_delete, id), STORE_OK);
    ck_assert_int_eq(site.task.status, status == TASK_PENDING ? TASK_CANCELLED : status);
    ck_assert_int_eq(site.task.cancel_requested_at_us > 0, status == TASK_RUNNING);
    ck_assert_int_eq(site_get(id), STORE_NOT_FOUND);
    ck_assert_int_eq(site_change(store_delete, id), STORE_NOT_FOUND);
    ck_assert_int_eq(site_change(store_retry, id), STORE_NOT_FOUND);
    if (status == TASK_RUNNING) {
        ck_assert_int_eq(site_cycle(&finish, 1, 0), STORE_OK);
        ck_assert_int_eq(site.finishes[0], STORE_OK);
    }
    ck_assert_str_eq(store_server_value("check_store", "SELECT COUNT(*) FROM task"), "1");
    ck_assert_str_eq(
        store_server_value("check_store",
                           "SELECT COUNT(*) FROM task WHERE status IN ('pending', 'running')"),
        "0");
    ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    ck_assert_uint_eq(site.count, 0);
}
END_TEST

START_TEST(artifact_can_be_set_in_any_status)
{
    char id[TASK_ID_SIZE];
    site_make_task(TASK_SUCCESS, id);
    store_set_artifact(site.store, id, "key-1", NULL, SITE_ACTOR("u"), 5000, site_task_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    ck_assert_str_eq(site.task.artifact_file_key, "key-1");
    ck_assert_ptr_null(site.task.artifact_file_name);
    store_set_artifact(site.store, id, "key-2", "b.csv", SITE_ACTOR("u"), 5000, site_task_cb, NULL);
    site_wait();
    ck_assert_int_eq(site_get(id), STORE_OK);
    ck_assert_str_eq(site.task.artifact_file_name, "b.csv");
}
END_TEST

/* ---- progress, logs, events, attempts, files ---- */

static int64_t progress_at_us;

static void progress_cb(void *arg, enum store_result result, int64_t at_us)
{
    progress_at_us = at_us;
    site_done_cb(arg, result);
}

START_TEST(progress_of_the_running_attempt_only)
{
    char id[TASK_ID_SIZE];
    site_make_task(TASK_RUNNING, id);
    struct store_progress rows[] = {{site.tasks[0].row_id, 1, 40, "half"},
                                    {site.tasks[0].row_id, 2, 99, NULL}};
    store_progress(site.store, rows, 2, progress_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    ck_assert_int_eq(site_get(id), STORE_OK);
    ck_assert_int_eq(site.task.progress, 40);
    ck_assert_str_eq(site.task.progress_text, "half");
    ck_assert_int_eq(site.task.updated_at_us, progress_at_us);
}
END_TEST

static void logs_cb(void *arg, enum store_result result, const struct store_log_row *rows,
                    size_t count)
{
    site.count = count;
    site.total = count > 0 ? rows[count - 1].id : 0;
    site.text[0] = '\0';
    if (count > 0) {
        snprintf(site.text, sizeof site.text, "%d %d %.200s", rows[0].attempt, rows[0].level,
                 rows[0].message);
    }
    site_done_cb(arg, result);
}

START_TEST(logs_are_paged_oldest_first)
{
    enum { COUNT = 150 };
    struct store_log_line lines[COUNT];
    char id[TASK_ID_SIZE], text[COUNT][32];
    site_make_task(TASK_RUNNING, id);
    for (int i = 0; i < COUNT; i++) {
        snprintf(text[i], sizeof text[i], "line %d", i);
        lines[i] = (struct store_log_line){site.tasks[0].row_id, 1, LOG_LEVEL_WARN,
                                           INT64_C(1700000000000001), text[i]};
    }
    store_log_append(site.store, lines, COUNT, site_done_cb, NULL);
    site_wait();
    store_log_list(site.store, id, STORE_SYSTEM, 0, 100, 5000, logs_cb, NULL);
    site_wait();
    ck_assert_uint_eq(site.count, 100);
    ck_assert_str_eq(site.text, "1 2 line 0");
    store_log_list(site.store, id, STORE_SYSTEM, site.total, 100, 5000, logs_cb, NULL);
    site_wait();
    ck_assert_uint_eq(site.count, 50);
    ck_assert_str_eq(site.text, "1 2 line 100");
    store_log_list(site.store, id, STORE_SYSTEM, site.total, 100, 5000, logs_cb, NULL);
    site_wait();
    ck_assert_uint_eq(site.count, 0);
    store_log_list(site.store, "absent", STORE_SYSTEM, 0, 100, 5000, logs_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_NOT_FOUND);
    ck_assert_str_eq(store_server_value("check_store", "SELECT MIN(created_at) FROM task_log"),
                     "2023-11-14 22:13:20.000001");
}
END_TEST

static void attempts_cb(void *arg, enum store_result result, const struct store_attempt_row *rows,
                        size_t count)
{
    site.text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(site.text);
        snprintf(site.text + length, sizeof site.text - length, "%d %s %s %s %d %d %d;",
                 rows[i].attempt, rows[i].node, rows[i].cause,
                 rows[i].error != NULL ? rows[i].error : "-", rows[i].exit_status,
                 rows[i].term_signal, rows[i].finished_at_us > 0);
    }
    site_done_cb(arg, result);
}

static void events_cb(void *arg, enum store_result result, const struct store_event_row *rows,
                      size_t count)
{
    site.text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(site.text);
        snprintf(site.text + length, sizeof site.text - length, "%d %s %s %s;", rows[i].attempt,
                 rows[i].kind, rows[i].actor, rows[i].detail != NULL ? rows[i].detail : "-");
    }
    site_done_cb(arg, result);
}

START_TEST(history_is_kept)
{
    char id[TASK_ID_SIZE];
    site_make_task(TASK_FAILED, id);
    ck_assert_int_eq(site_get(id), STORE_OK);
    uint64_t row_id = site.task.row_id;
    ck_assert_int_eq(site_change(store_retry, id), STORE_OK);
    ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    store_attempt_list(site.store, id, STORE_SYSTEM, 5000, attempts_cb, NULL);
    site_wait();
    ck_assert_str_eq(site.text, "1 test-node error it went wrong -1 0 1;2 test-node  - -1 0 0;");
    struct store_event event = {.row_id = row_id,
                                .attempt = 2,
                                .kind = "signalled",
                                .actor = "system",
                                .detail = "{\"signal\":15}",
                                .at_us = 5};
    store_event_append(site.store, &event, 1, site_done_cb, NULL);
    site_wait();
    store_event_list(site.store, id, STORE_SYSTEM, 5000, events_cb, NULL);
    site_wait();
    ck_assert_str_eq(site.text,
                     "0 created u -;1 retried u-9 -;2 signalled system {\"signal\":15};");
}
END_TEST

static void file_cb(void *arg, enum store_result result, const struct store_file_row *file)
{
    site.text[0] = '\0';
    if (file != NULL) {
        snprintf(site.text, sizeof site.text, "%s %s %s %d %.3s", file->name, file->content_type,
                 file->owner_id, (int)file->size, file->sha256);
    }
    site_done_cb(arg, result);
}

START_TEST(files_are_found_by_key)
{
    store_server_sql(
        "check_store",
        "INSERT INTO file (file_key, name, content_type, owner_id, size, sha256, created_at, "
        "updated_at) VALUES ('k', 'n', 'text/plain', 'u', 3, REPEAT('b', 64), NOW(6), NOW(6));");
    store_file_get(site.store, "k", 5000, file_cb, NULL);
    site_wait();
    ck_assert_str_eq(site.text, "n text/plain u 3 bbb");
    store_file_get(site.store, "other", 5000, file_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_NOT_FOUND);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store_change");
    TCase *calls = tcase_create("calls");
    tcase_set_timeout(calls, 60);
    tcase_add_checked_fixture(calls, site_open_empty, site_close);
    tcase_add_loop_test(calls, cancel_in_every_status, TASK_PENDING, TASK_CANCELLED + 1);
    tcase_add_loop_test(calls, kill_in_every_status, TASK_PENDING, TASK_CANCELLED + 1);
    tcase_add_loop_test(calls, retry_in_every_status, TASK_PENDING, TASK_CANCELLED + 1);
    tcase_add_loop_test(calls, a_cancel_after_the_end_is_heeded, 0, 3);
    tcase_add_loop_test(calls, delete_in_every_status, TASK_PENDING, TASK_CANCELLED + 1);
    tcase_add_test(calls, artifact_can_be_set_in_any_status);
    tcase_add_test(calls, progress_of_the_running_attempt_only);
    tcase_add_test(calls, logs_are_paged_oldest_first);
    tcase_add_test(calls, history_is_kept);
    tcase_add_test(calls, files_are_found_by_key);
    suite_add_tcase(suite, calls);
    return suite;
}

int main(void)
{
    return site_main(make_suite());
}
