/* SPDX-License-Identifier: MIT */
/* What a purge removes, what it leaves, and in how small steps. */
#include "supervisor/store_purge.h"
#include "tests/store_site.h"

#include <stdio.h>
#include <string.h>

#define DATABASE "check_store"

static struct store_purged seen;

static void purged_cb(void *arg, enum store_result result, const struct store_purged *purged)
{
    if (purged != NULL) {
        seen = *purged;
    }
    site_done_cb(arg, result);
}

static void step(struct store_purge_ages ages)
{
    store_purge(site.store, &ages, STORE_PURGE_TASKS, 5000, purged_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
}

static void sql(const char *text)
{
    store_server_sql(DATABASE, text);
}

static void expect(const char *query, const char *value)
{
    ck_assert_str_eq(store_server_value(DATABASE, query), value);
}

#define LINES(count, age)                                                                          \
    "INSERT INTO task_log (task_id, attempt, level, message, created_at) SELECT 1, 1, 1, 'x', "    \
    "UTC_TIMESTAMP(6) - INTERVAL " age " DAY FROM seq_1_to_" count ";"

START_TEST(old_lines_go_in_steps)
{
    sql(LINES("700", "31") LINES("30", "29"));
    step((struct store_purge_ages){.logs = 30});
    ck_assert_uint_eq(seen.log_lines, 500);
    ck_assert(seen.more);
    step((struct store_purge_ages){.logs = 30});
    ck_assert_uint_eq(seen.log_lines, 200);
    step((struct store_purge_ages){.logs = 30});
    ck_assert_uint_eq(seen.log_lines, 0);
    ck_assert(!seen.more);
    expect("SELECT COUNT(*) FROM task_log", "30");
}
END_TEST

START_TEST(zero_days_keep_everything)
{
    char id[TASK_ID_SIZE];
    site_make_task(TASK_SUCCESS, id);
    sql(LINES("3", "3000") "UPDATE task SET finished_at = '2001-01-01';"
                           "UPDATE task_event SET created_at = '2001-01-01';");
    step((struct store_purge_ages){0});
    ck_assert_uint_eq(seen.log_lines + seen.events + seen.tasks, 0);
    ck_assert(!seen.more);
}
END_TEST

START_TEST(old_events_go)
{
    sql("INSERT INTO task_event (kind, actor, created_at) SELECT 'signed_in', 'ann', "
        "UTC_TIMESTAMP(6) - INTERVAL seq DAY FROM seq_1_to_20;");
    step((struct store_purge_ages){.events = 15});
    ck_assert_uint_eq(seen.events, 6);
    expect("SELECT COUNT(*) FROM task_event", "14");
}
END_TEST

START_TEST(only_finished_tasks_go)
{
    static const enum task_status all[] = {TASK_SUCCESS, TASK_FAILED, TASK_CANCELLED, TASK_PENDING,
                                           TASK_RUNNING};
    char id[TASK_ID_SIZE];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        site_make_task(all[i], id);
    }
    sql("UPDATE task SET created_at = '2001-01-01', finished_at = IF(finished_at IS NULL, NULL, "
        "'2001-01-01');");
    site_make_task(TASK_SUCCESS, id);
    step((struct store_purge_ages){.tasks = 7});
    ck_assert_uint_eq(seen.tasks, 3);
    expect("SELECT GROUP_CONCAT(status ORDER BY status) FROM task", "pending,running,success");
    expect("SELECT COUNT(*) FROM attempt LEFT JOIN task ON task.id = task_id WHERE task.id IS NULL",
           "0");
}
END_TEST

START_TEST(a_deleted_task_goes_with_the_rest)
{
    char id[TASK_ID_SIZE];
    site_make_task(TASK_FAILED, id);
    ck_assert_int_eq(site_change(store_delete, id), STORE_OK);
    sql("UPDATE task SET finished_at = '2001-01-01';");
    step((struct store_purge_ages){.tasks = 7});
    ck_assert_uint_eq(seen.tasks, 1);
}
END_TEST

START_TEST(artifacts_go_and_uploads_stay)
{
    char id[TASK_ID_SIZE];
    site_make_task(TASK_SUCCESS, id);
    site_make_task(TASK_SUCCESS, id);
    sql("INSERT INTO file (file_key, name, content_type, owner_id, purpose, size, sha256, "
        "created_at, updated_at) VALUES ('left', 'a', 'b', 'ann', 'artifact', 1, '', NOW(6), "
        "NOW(6)), ('sent', 'a', 'b', 'ann', 'upload', 1, '', NOW(6), NOW(6));"
        "UPDATE task SET finished_at = '2001-01-01';"
        "UPDATE task SET artifact_file_key = 'left' ORDER BY id LIMIT 1;"
        "UPDATE task SET artifact_file_key = 'sent' ORDER BY id DESC LIMIT 1;");
    step((struct store_purge_ages){.tasks = 7});
    ck_assert_uint_eq(seen.tasks, 2);
    ck_assert_uint_eq(seen.file_count, 1);
    ck_assert_str_eq(seen.file_keys[0], "left");
    expect("SELECT GROUP_CONCAT(file_key) FROM file", "sent");
}
END_TEST

START_TEST(a_task_waits_for_its_lines)
{
    char id[TASK_ID_SIZE];
    site_make_task(TASK_SUCCESS, id);
    sql("INSERT INTO task_log (task_id, attempt, level, message, created_at) SELECT task.id, 1, 1, "
        "'x', NOW(6) FROM task, seq_1_to_2500; UPDATE task SET finished_at = '2001-01-01';");
    step((struct store_purge_ages){.tasks = 7});
    ck_assert_uint_eq(seen.tasks, 0);
    ck_assert_uint_eq(seen.log_lines, 2000);
    ck_assert(seen.more);
    step((struct store_purge_ages){.tasks = 7});
    ck_assert_uint_eq(seen.tasks, 1);
    ck_assert_uint_eq(seen.log_lines, 500);
    expect("SELECT COUNT(*) FROM task_log", "0");
}
END_TEST

START_TEST(many_tasks_go_in_steps)
{
    char id[TASK_ID_SIZE];
    site_make_task(TASK_SUCCESS, id);
    sql("INSERT INTO task (uuid, type, status, creator_id, created_at, updated_at, due_at, "
        "finished_at) SELECT UUID(), 'a', 'failed', 'ann', '2001-01-01', '2001-01-01', "
        "'2001-01-01', '2001-01-01' FROM seq_1_to_100;");
    step((struct store_purge_ages){.tasks = 7});
    ck_assert_uint_eq(seen.tasks, STORE_PURGE_TASKS);
    step((struct store_purge_ages){.tasks = 7});
    ck_assert_uint_eq(seen.tasks, 100 - STORE_PURGE_TASKS);
    step((struct store_purge_ages){.tasks = 7});
    ck_assert(!seen.more);
    expect("SELECT COUNT(*) FROM task", "1");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store_purge");
    TCase *tests = tcase_create("purge");
    tcase_add_checked_fixture(tests, site_open_empty, site_close);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, old_lines_go_in_steps);
    tcase_add_test(tests, zero_days_keep_everything);
    tcase_add_test(tests, old_events_go);
    tcase_add_test(tests, only_finished_tasks_go);
    tcase_add_test(tests, a_deleted_task_goes_with_the_rest);
    tcase_add_test(tests, artifacts_go_and_uploads_stay);
    tcase_add_test(tests, a_task_waits_for_its_lines);
    tcase_add_test(tests, many_tasks_go_in_steps);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return site_main(make_suite());
}
