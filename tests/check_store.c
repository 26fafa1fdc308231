/* SPDX-License-Identifier: MIT */
/* The scheduler's calls against a real server: schema, create, claim, finish, and the fences around
 * them. */
#include "tests/store_site.h"

#include <check.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

/* ---- schema ---- */

START_TEST(schema_has_what_the_design_names)
{
    const char *tables = store_server_rows(
        "check_store",
        "SELECT GROUP_CONCAT(table_name ORDER BY table_name) FROM information_schema.tables "
        "WHERE table_schema = DATABASE() AND engine = 'InnoDB' AND table_collation = "
        "'utf8mb4_bin'");
    ck_assert_str_eq(
        tables,
        "attempt,callback,clock,file,node,role,role_permission,schema_version,session,setting,"
        "task,task_event,task_log,user,user_role\n");
    ck_assert_str_eq(store_server_rows("check_store", "SELECT name FROM role ORDER BY name"),
                     "admin\noperator\nviewer\n");
    ck_assert_str_eq(store_server_rows("check_store",
                                       "SELECT role.name, COUNT(*) FROM role_permission JOIN role "
                                       "ON role.id = role_id WHERE permission LIKE 'task:%' "
                                       "AND permission NOT LIKE 'task:schedule%' "
                                       "GROUP BY role.name ORDER BY 1"),
                     "admin|7\noperator|6\nviewer|2\n");
}
END_TEST

START_TEST(claim_needs_no_sort)
{
    store_server_sql("check_store",
                     "INSERT INTO task (uuid, type, creator_id, created_at, updated_at, due_at) "
                     "SELECT UUID(), 'x', 'system', NOW(6), NOW(6), NOW(6) FROM seq_1_to_2000;");
    const char *plan = store_server_rows(
        "check_store",
        "EXPLAIN SELECT id, payload FROM task FORCE INDEX (task_claim) WHERE status = 'pending' "
        "AND ((due_at = '2026-01-01' AND id > 5) OR (due_at > '2026-01-01' AND due_at <= NOW(6))) "
        "ORDER BY due_at, id LIMIT 10 FOR UPDATE SKIP LOCKED");
    ck_assert_ptr_nonnull(strstr(plan, "|range|"));
    ck_assert_ptr_nonnull(strstr(plan, "task_claim"));
    ck_assert_ptr_null(strstr(plan, "filesort"));
    ck_assert_ptr_null(strstr(plan, "temporary"));
}
END_TEST

/* ---- create ---- */

START_TEST(created_task_has_its_values)
{
    ck_assert_int_eq(site_create("word_count", "u-1", NULL), STORE_OK);
    const struct task *task = &site.task;
    ck_assert_str_eq(task->type, "word_count");
    ck_assert_int_eq(task->status, TASK_PENDING);
    ck_assert_str_eq(task->payload, "{\"n\":1}");
    ck_assert_str_eq(task->creator_id, "u-1");
    ck_assert_int_eq(task->max_retries, 2);
    ck_assert(id_is_valid(task->id));
    ck_assert_int_gt(task->created_at_us, INT64_C(1700000000000000));
    ck_assert_int_eq(task->due_at_us, task->created_at_us);
    ck_assert_int_eq(task->started_at_us, 0);
    ck_assert_ptr_null(task->result);
    char id[TASK_ID_SIZE];
    memcpy(id, task->id, sizeof id);
    ck_assert_int_eq(site_get(id), STORE_OK);
    ck_assert_str_eq(site.task.id, id);
    ck_assert_int_eq(site_get("no such id"), STORE_NOT_FOUND);
    ck_assert_str_eq(store_server_rows("check_store", "SELECT kind, actor FROM task_event"),
                     "created|u-1\n");
}
END_TEST

START_TEST(creating_twice_makes_one)
{
    ck_assert_int_eq(site_create("a", "u-1", "key"), STORE_OK);
    char first[TASK_ID_SIZE];
    memcpy(first, site.task.id, sizeof first);
    ck_assert_int_eq(site_create("a", "u-1", "key"), STORE_OK);
    ck_assert_str_eq(site.task.id, first);
    ck_assert_int_eq(site_create("a", "u-2", "key"), STORE_OK);
    ck_assert_str_ne(site.task.id, first);

    struct store_task_new again = {.type = "b", .creator_id = "u-1"};
    id_new(again.id);
    for (int i = 0; i < 2; i++) {
        store_create(site.store, &again, 1, SITE_ACTOR("u-1"), 0, site_tasks_cb, NULL);
        site_wait();
        ck_assert_int_eq(site.result, STORE_OK);
        ck_assert_str_eq(site.task.id, again.id);
    }
    ck_assert_str_eq(store_server_value("check_store", "SELECT COUNT(*) FROM task"), "3");
    ck_assert_str_eq(store_server_value("check_store", "SELECT COUNT(*) FROM task_event"), "3");
}
END_TEST

START_TEST(many_come_back_in_order)
{
    enum { COUNT = 100 };
    struct store_task_new wanted[COUNT];
    for (int i = 0; i < COUNT; i++) {
        wanted[i] = (struct store_task_new){
            .type = i % 2 ? "odd" : "even", .creator_id = "u", .payload = "ü𝄞\\%_'\""};
        id_new(wanted[i].id);
    }
    wanted[70].idempotency_key = "k";
    store_create(site.store, wanted, COUNT, SITE_ACTOR("u"), 0, site_tasks_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    ck_assert_uint_eq(site.count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_str_eq(site.tasks[i].id, wanted[i].id);
        ck_assert_str_eq(site.tasks[i].payload, "ü𝄞\\%_'\"");
    }
    ck_assert_str_eq(store_server_value("check_store", "SELECT COUNT(*) FROM task_event"), "100");
}
END_TEST

static void count_answers_cb(void *arg, enum store_result result, const struct task *tasks,
                             size_t count)
{
    unsigned *answers = arg;
    (void)tasks;
    answers[result == STORE_OK && count == 1 ? 0 : 1]++;
    ck_assert(result == STORE_OK || result == STORE_INVALID);
}

START_TEST(refused_values_hurt_nobody_else)
{
    char long_type[200];
    memset(long_type, 'x', sizeof long_type - 1);
    long_type[sizeof long_type - 1] = '\0';
    struct store_task_new good = {.type = "good", .creator_id = "u"},
                          bad = {.type = long_type, .creator_id = "u"};
    unsigned answers[2] = {0, 0}; /* taken, refused */
    for (int i = 0; i < 3; i++) {
        id_new(good.id);
        id_new(bad.id);
        store_create(site.store, &good, 1, SITE_ACTOR("u"), 0, count_answers_cb, answers);
        store_create(site.store, &bad, 1, SITE_ACTOR("u"), 0, count_answers_cb, answers);
    }
    while (answers[0] + answers[1] < 6) {
        event_base_loop(site.base, EVLOOP_ONCE);
    }
    ck_assert_uint_eq(answers[0], 3);
    ck_assert_uint_eq(answers[1], 3);
    ck_assert_str_eq(
        store_server_value("check_store", "SELECT COUNT(*) FROM task WHERE type = 'good'"), "3");
    ck_assert_int_eq(site_create(long_type, "u", NULL), STORE_INVALID);
}
END_TEST

/* ---- the cycle ---- */

START_TEST(claims_oldest_first)
{
    for (int i = 0; i < 5; i++) {
        char type[8] = {'t', (char)('0' + i)};
        ck_assert_int_eq(site_create(type, "u", NULL), STORE_OK);
    }
    store_server_sql("check_store",
                     "UPDATE task SET due_at = due_at - INTERVAL 1 DAY WHERE type = 't3'; "
                     "UPDATE task SET due_at = due_at + INTERVAL 1 HOUR WHERE type = 't0';");
    ck_assert_int_eq(site_cycle(NULL, 0, 2), STORE_OK);
    ck_assert_uint_eq(site.count, 2);
    ck_assert_str_eq(site.tasks[0].type, "t3");
    ck_assert_str_eq(site.tasks[1].type, "t1");
    ck_assert_int_eq(site.tasks[0].status, TASK_RUNNING);
    ck_assert_int_eq(site.tasks[0].attempt, 1);
    ck_assert_str_eq(site.tasks[0].payload, "{\"n\":1}");
    ck_assert_int_eq(site_cycle(NULL, 0, 256), STORE_OK);
    ck_assert_uint_eq(site.count, 2);
    ck_assert_str_eq(site.tasks[0].type, "t2");
    ck_assert_int_eq(site_cycle(NULL, 0, 256), STORE_OK);
    ck_assert_uint_eq(site.count, 0);
    ck_assert_int_gt(site.next_due_in_ms, 3500000);
    ck_assert_int_le(site.next_due_in_ms, 3600000);
    ck_assert_str_eq(store_server_rows("check_store",
                                       "SELECT COUNT(*), MIN(node), COUNT(DISTINCT claim_nonce), "
                                       "MIN(lease_until > NOW(6)), COUNT(started_at) FROM task "
                                       "WHERE status = 'running'"),
                     "4|test-node|2|1|4\n");
    store_server_sql("check_store", "DELETE FROM task WHERE status = 'pending';");
    ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    ck_assert_int_eq(site.next_due_in_ms, -1);
}
END_TEST

START_TEST(an_older_due_time_is_found_within_a_second)
{
    ck_assert_int_eq(site_create("new", "u", NULL), STORE_OK);
    ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    ck_assert_int_eq(site_create("old", "u", NULL), STORE_OK);
    store_server_sql("check_store", "UPDATE task SET due_at = '2001-01-01' WHERE type = 'old';");
    int64_t begin = site_ms();
    do {
        ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    } while (site.count == 0 && site_ms() - begin < 20000);
    ck_assert_uint_eq(site.count, 1);
}
END_TEST

START_TEST(a_finish_is_written_once)
{
    ck_assert_int_eq(site_create("a", "u", NULL), STORE_OK);
    ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    char id[TASK_ID_SIZE];
    memcpy(id, site.tasks[0].id, sizeof id);
    struct store_file file = {
        .name = "r.csv", .content_type = "text/csv", .owner_id = "u", .size = 12};
    id_new(file.key);
    memset(file.sha256, 'a', 64);
    struct store_finish finish = site_finish(&site.tasks[0], TASK_SUCCESS);
    finish.artifact = &file;
    finish.exit_status = 0;
    finish.progress_text = "done";
    ck_assert_int_eq(site_cycle(&finish, 1, 0), STORE_OK);
    ck_assert_int_eq(site.finishes[0], STORE_OK);
    ck_assert_int_eq(site_get(id), STORE_OK);
    ck_assert_int_eq(site.task.status, TASK_SUCCESS);
    ck_assert_int_eq(site.task.progress, 100);
    ck_assert_str_eq(site.task.result, "{\"rows\":1}");
    ck_assert_str_eq(site.task.artifact_file_key, file.key);
    ck_assert_str_eq(site.task.artifact_file_name, "r.csv");
    ck_assert_int_ge(site.task.finished_at_us, site.task.started_at_us);
    ck_assert_str_eq(
        store_server_rows("check_store",
                          "SELECT cause, pid, exit_status, term_signal, cpu_us, progress, "
                          "finished_at IS NOT NULL, started_at = (SELECT started_at FROM task) "
                          "FROM attempt"),
        "success|77|0|NULL|1500|100|1|1\n");
    ck_assert_str_eq(store_server_value("check_store", "SELECT name FROM file"), "r.csv");
    finish.status = TASK_FAILED;
    ck_assert_int_eq(site_cycle(&finish, 1, 0), STORE_OK);
    ck_assert_int_eq(site.finishes[0], STORE_CONFLICT);
    ck_assert_int_eq(site_get(id), STORE_OK);
    ck_assert_int_eq(site.task.status, TASK_SUCCESS);
}
END_TEST

START_TEST(fenced_finishes_change_nothing)
{
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(site_create("a", "u", NULL), STORE_OK);
    }
    ck_assert_int_eq(site_cycle(NULL, 0, 5), STORE_OK);
    struct store_finish finishes[5];
    for (int i = 0; i < 5; i++) {
        finishes[i] = site_finish(&site.tasks[i], TASK_SUCCESS);
    }
    finishes[1].attempt = 2;
    finishes[3].incarnation = "somebody else";
    ck_assert_int_eq(site_cycle(finishes, 5, 0), STORE_OK);
    const enum store_result wanted[] = {STORE_OK, STORE_CONFLICT, STORE_OK, STORE_CONFLICT,
                                        STORE_OK};
    ck_assert_mem_eq(site.finishes, wanted, sizeof wanted);
    ck_assert_str_eq(
        store_server_rows("check_store",
                          "SELECT status, COUNT(*) FROM task GROUP BY status ORDER BY 2"),
        "running|2\nsuccess|3\n");
    ck_assert_str_eq(store_server_value("check_store", "SELECT COUNT(*) FROM attempt"), "3");
}
END_TEST

/* Ends of a batch may differ in nothing, in their results alone, or in everything. */
START_TEST(each_of_a_batch_gets_its_own_values)
{
    static const char *const results[] = {"1", "2", NULL, "4", "5", "6", "7"};
    for (int i = 0; i < 14; i++) {
        ck_assert_int_eq(site_create("a", "u", NULL), STORE_OK);
    }
    for (int round = 0; round < 2; round++) {
        struct store_finish finishes[7];
        ck_assert_int_eq(site_cycle(NULL, 0, 7), STORE_OK);
        for (int i = 0; i < 7; i++) {
            finishes[i] =
                site_finish(&site.tasks[i], round == 1 && i == 3 ? TASK_FAILED : TASK_SUCCESS);
            finishes[i].result = results[i];
            finishes[i].error = round == 1 && i == 3 ? "broken" : NULL;
        }
        ck_assert_int_eq(site_cycle(finishes, 7, 0), STORE_OK);
        for (int i = 0; i < 7; i++) {
            ck_assert_int_eq(site.finishes[i], STORE_OK);
        }
    }
    ck_assert_str_eq(store_server_rows("check_store", "SELECT GROUP_CONCAT(COALESCE(result, '-') "
                                                      "ORDER BY id), GROUP_CONCAT(error), "
                                                      "SUM(status = 'failed') FROM task"),
                     "1,2,-,4,5,6,7,1,2,-,4,5,6,7|broken|1\n");
}
END_TEST

START_TEST(a_refused_finish_does_not_hold_up_the_others)
{
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(site_create("a", "u", NULL), STORE_OK);
    }
    ck_assert_int_eq(site_cycle(NULL, 0, 4), STORE_OK);
    struct store_finish finishes[4];
    for (int i = 0; i < 4; i++) {
        finishes[i] = site_finish(&site.tasks[i], i == 3 ? TASK_SUCCESS : TASK_FAILED);
    }
    char text[300];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    finishes[1].progress = 300;
    finishes[3].progress_text = text; /* without which the end is taken */
    ck_assert_int_eq(site_cycle(finishes, 4, 0), STORE_OK);
    ck_assert_int_eq(site.finishes[0], STORE_OK);
    ck_assert_int_eq(site.finishes[1], STORE_INVALID);
    ck_assert_int_eq(site.finishes[2], STORE_OK);
    ck_assert_int_eq(site.finishes[3], STORE_OK);
    ck_assert_str_eq(store_server_value("check_store",
                                        "SELECT CONCAT_WS(' ', status, result) FROM task WHERE "
                                        "error LIKE 'the database does not take%'"),
                     "failed");
}
END_TEST

START_TEST(another_try_is_due_later)
{
    ck_assert_int_eq(site_create("a", "u", NULL), STORE_OK);
    ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    struct store_finish finish = site_finish(&site.tasks[0], TASK_PENDING);
    finish.count_auto_retry = true;
    finish.due_in_ms = 400;
    ck_assert_int_eq(site_cycle(&finish, 1, 1), STORE_OK);
    ck_assert_int_eq(site.finishes[0], STORE_OK);
    ck_assert_uint_eq(site.count, 0);
    ck_assert_int_gt(site.next_due_in_ms, 0);
    ck_assert_int_le(site.next_due_in_ms, 400);
    ck_assert_str_eq(
        store_server_rows("check_store",
                          "SELECT status, auto_retry_count, started_at, finished_at, error "
                          "FROM task"),
        "pending|1|NULL|NULL|it went wrong\n");
    int64_t begin = site_ms();
    do {
        ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    } while (site.count == 0 && site_ms() - begin < 20000);
    ck_assert_uint_eq(site.count, 1);
    ck_assert_int_eq(site.tasks[0].attempt, 2);
    ck_assert_int_eq(site.tasks[0].auto_retry_count, 1);
    ck_assert_ptr_null(site.tasks[0].error);
    ck_assert_str_eq(store_server_value("check_store", "SELECT COUNT(*) FROM attempt"), "1");
}
END_TEST

START_TEST(an_attempt_that_did_not_happen_is_taken_back)
{
    ck_assert_int_eq(site_create("a", "u", NULL), STORE_OK);
    ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    struct store_finish finish = site_finish(&site.tasks[0], TASK_PENDING);
    finish.uncount_attempt = true;
    finish.cause = CAUSE_RESOURCES;
    ck_assert_int_eq(site_cycle(&finish, 1, 0), STORE_OK);
    ck_assert_str_eq(store_server_value("check_store", "SELECT attempt FROM task"), "0");
    ck_assert_str_eq(store_server_value("check_store", "SELECT COUNT(*) FROM attempt"), "0");
    ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    ck_assert_int_eq(site.tasks[0].attempt, 1);
}
END_TEST

static void leftovers_cb(void *arg, enum store_result result, const struct store_leftover *rows,
                         size_t count)
{
    if (count > 0) {
        snprintf(site.text, sizeof site.text, "%s %d %d %s", rows[0].type, rows[0].attempt,
                 rows[0].cancel_requested, rows[0].incarnation);
    }
    site.count = count;
    site_done_cb(arg, result);
}

START_TEST(leftovers_of_an_earlier_life_are_settled)
{
    ck_assert_int_eq(site_create("left", "u", NULL), STORE_OK);
    ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    struct store_finish finish = site_finish(&site.tasks[0], TASK_PENDING);
    char old[ID_SIZE], wanted[100];
    memcpy(old, site.incarnation, sizeof old);
    snprintf(wanted, sizeof wanted, "left 1 0 %s", old);
    site_close();
    site_open("check_store");
    store_leftovers(site.store, leftovers_cb, NULL);
    site_wait();
    ck_assert_uint_eq(site.count, 1);
    ck_assert_str_eq(site.text, wanted);
    finish.incarnation = old;
    finish.count_crash = true;
    finish.cause = CAUSE_LOST;
    ck_assert_int_eq(site_cycle(&finish, 1, 0), STORE_OK);
    ck_assert_int_eq(site.finishes[0], STORE_OK);
    ck_assert_str_eq(store_server_rows("check_store", "SELECT status, crash_count FROM task"),
                     "pending|1\n");
    store_leftovers(site.store, leftovers_cb, NULL);
    site_wait();
    ck_assert_uint_eq(site.count, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *calls = tcase_create("calls");
    tcase_set_timeout(calls, 60);
    tcase_add_checked_fixture(calls, site_open_empty, site_close);
    tcase_add_test(calls, schema_has_what_the_design_names);
    tcase_add_test(calls, claim_needs_no_sort);
    tcase_add_test(calls, created_task_has_its_values);
    tcase_add_test(calls, creating_twice_makes_one);
    tcase_add_test(calls, many_come_back_in_order);
    tcase_add_test(calls, refused_values_hurt_nobody_else);
    tcase_add_test(calls, claims_oldest_first);
    tcase_add_test(calls, an_older_due_time_is_found_within_a_second);
    tcase_add_test(calls, a_finish_is_written_once);
    tcase_add_test(calls, fenced_finishes_change_nothing);
    tcase_add_test(calls, each_of_a_batch_gets_its_own_values);
    tcase_add_test(calls, a_refused_finish_does_not_hold_up_the_others);
    tcase_add_test(calls, another_try_is_due_later);
    tcase_add_test(calls, an_attempt_that_did_not_happen_is_taken_back);
    tcase_add_test(calls, leftovers_of_an_earlier_life_are_settled);
    suite_add_tcase(suite, calls);
    return suite;
}

int main(void)
{
    return site_main(make_suite());
}
