/* SPDX-License-Identifier: MIT */
/* The store when its server is silent, dead, read-only, of a newer schema, or loses a COMMIT:
 * callers are answered in time, and what was asked for happens exactly once. */
#include "tests/store_proxy.h"
#include "tests/store_site.h"

#include <check.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEADLINE_MS 250
#define PROMPT_MS 5000 /* far above the deadline, far below the 10 s that a read may take */

static void wanted_task(struct store_task_new *wanted)
{
    *wanted = (struct store_task_new){.type = "t", .creator_id = "u"};
    id_new(wanted->id);
}

/* Asks for a task, without waiting. */
static void ask(unsigned deadline_ms)
{
    struct store_task_new wanted;
    wanted_task(&wanted);
    store_create(site.store, &wanted, 1, SITE_ACTOR("u"), deadline_ms, site_tasks_cb, NULL);
}

/* The answer's time in milliseconds. */
static int64_t wait_timed(void)
{
    int64_t begin = site_ms();
    site_wait();
    return site_ms() - begin;
}

static const char *count_tasks(const char *database)
{
    return store_server_value(database, "SELECT COUNT(*) FROM task");
}

START_TEST(a_newer_schema_is_refused)
{
    site_open("newer");
    site_close();
    store_server_sql("newer", "INSERT INTO schema_version VALUES (999, 'future', NOW(6));");
    struct store_config config = store_server_config("newer", "me");
    site_open_with(&config);
    site_wait_state(STORE_REFUSED);
    const char *why;
    ck_assert_int_eq(store_state(site.store, &why), STORE_REFUSED);
    ck_assert_ptr_nonnull(strstr(why, "schema version 999"));
    ask(DEADLINE_MS);
    ck_assert_int_lt(wait_timed(), PROMPT_MS);
    ck_assert_int_eq(site.result, STORE_UNAVAILABLE);
    ck_assert_int_eq(site_get("x"), STORE_UNAVAILABLE);
    site_close();
    ck_assert_str_eq(count_tasks("newer"), "0");
}
END_TEST

START_TEST(a_half_applied_schema_is_completed)
{
    site_open("half");
    site_close();
    store_server_sql(
        "half",
        "DELETE FROM schema_version WHERE number > 1; DROP TABLE session; DROP TABLE setting;");
    site_open("half");
    site_close();
    ck_assert_str_eq(
        store_server_rows("half", "SELECT COUNT(*), (SELECT value FROM setting) FROM role"),
        "3|10\n");
}
END_TEST

START_TEST(a_silent_server_keeps_nobody_waiting)
{
    site_open("silent");
    ask(0);
    site_wait();
    store_server_signal(SIGSTOP);
    ask(DEADLINE_MS);
    ck_assert_int_lt(wait_timed(), PROMPT_MS);
    ck_assert_int_eq(site.result, STORE_UNCERTAIN);
    store_task_get(site.store, "x", STORE_SYSTEM, DEADLINE_MS, site_task_cb, NULL);
    ck_assert_int_lt(wait_timed(), PROMPT_MS);
    ck_assert_int_eq(site.result, STORE_UNAVAILABLE);
    int64_t begin = site_ms();
    site_wait_state(STORE_STALLED);
    ck_assert_int_lt(site_ms() - begin, PROMPT_MS);
    ask(DEADLINE_MS);
    ck_assert_int_lt(wait_timed(), PROMPT_MS);
    ck_assert_int_eq(site.result, STORE_UNAVAILABLE);
    ask(0); /* waits however long it takes */
    store_server_signal(SIGCONT);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    site_wait_state(STORE_READY);
    site_close();
    /* The uncertain one may have come; the others came and the withdrawn one did not. */
    int count = atoi(count_tasks("silent"));
    ck_assert(count == 2 || count == 3);
}
END_TEST

#define MANY 20000 /* take a second and more */
static unsigned answered;
static int64_t last_good_ms;

static void count_cb(void *arg, enum store_result result, const struct task *task)
{
    (void)arg;
    (void)task;
    answered++;
    if (result == STORE_OK) {
        last_good_ms = site_ms();
    }
    if (answered == MANY) {
        site_done_cb(NULL, STORE_OK);
    }
}

/* More than can be read in the deadline, from a server that answers all the time: if the time in
 * the queue counted, there would be no good answer after it. */
START_TEST(a_long_queue_is_not_taken_for_a_silent_server)
{
    static const unsigned deadline_ms = 100;
    char id[TASK_ID_SIZE];
    site_open("check_store");
    site_make_task(TASK_PENDING, id);
    ck_assert_int_eq(site_get(id), STORE_OK); /* it is known to answer */
    int64_t begin = site_ms();
    for (int i = 0; i < MANY; i++) {
        store_task_get(site.store, id, STORE_SYSTEM, deadline_ms, count_cb, NULL);
    }
    site_wait();
    ck_assert_int_gt(last_good_ms - begin, 2 * deadline_ms);
    site_close();
}
END_TEST

START_TEST(closing_does_not_wait_for_a_silent_server)
{
    site_open("closing");
    store_server_signal(SIGSTOP);
    ask(0);
    int64_t begin = site_ms();
    store_close(site.store, 300);
    /* 0.3 s for what is queued; a reader that is just connecting takes its 3 s. */
    ck_assert_int_lt(site_ms() - begin, 2 * PROMPT_MS);
    ck_assert(site.answered);
    ck_assert_int_ne(site.result, STORE_OK);
    event_base_free(site.base);
    store_server_signal(SIGCONT);
}
END_TEST

START_TEST(a_killed_server_is_found_again)
{
    site_open("killed");
    for (int round = 0; round < 3; round++) {
        store_server_stop(SIGKILL);
        store_server_start();
        ask(0);
        site_wait();
        ck_assert_int_eq(site.result, STORE_OK);
    }
    site_close();
    ck_assert_str_eq(count_tasks("killed"), "3");
}
END_TEST

START_TEST(what_waits_is_done_when_the_server_is_back)
{
    site_open("back");
    ask(0);
    site_wait();
    store_server_stop(SIGKILL);
    ask(0);
    site_wait_state(STORE_CONNECTING);
    const char *why;
    store_state(site.store, &why);
    ck_assert_int_gt(strlen(why), 0);
    sleep(1);
    event_base_loop(site.base, EVLOOP_NONBLOCK);
    store_task_get(site.store, "x", STORE_SYSTEM, DEADLINE_MS, site_task_cb, NULL);
    ck_assert_int_lt(wait_timed(), PROMPT_MS);
    ck_assert_int_eq(site.result, STORE_UNAVAILABLE);
    store_server_start();
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    site_wait_state(STORE_READY);
    site_close();
    ck_assert_str_eq(count_tasks("back"), "2");
}
END_TEST

/* Every kind of write, each with the loss of its COMMIT, and still done once. */
static void lose_each_commit(enum proxy_loss loss, uint64_t row_id)
{
    struct store_log_line line = {row_id, 1, LOG_LEVEL_INFO, 1, "once"};
    store_proxy_lose_next(loss);
    store_log_append(site.store, &line, 1, site_done_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    ck_assert(store_proxy_has_lost());
    store_proxy_lose_next(loss);
    ask(0);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    store_proxy_lose_next(loss);
    ck_assert_int_eq(site_cycle(NULL, 0, 1), STORE_OK);
    ck_assert_uint_eq(site.count, 1);
    struct store_finish finish = site_finish(&site.tasks[0], TASK_FAILED);
    char id[TASK_ID_SIZE];
    memcpy(id, site.tasks[0].id, sizeof id);
    store_proxy_lose_next(loss);
    ck_assert_int_eq(site_cycle(&finish, 1, 0), STORE_OK);
    ck_assert_int_eq(site.finishes[0], STORE_OK);
    store_proxy_lose_next(loss);
    store_retry(site.store, id, SITE_ACTOR("u"), 0, site_task_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    ck_assert_int_eq(site.task.retry_count, 1);
    store_cancel(site.store, id, SITE_ACTOR("u"), 0, site_task_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
}

START_TEST(a_commit_without_answer_counts_once)
{
    char path[128];
    snprintf(path, sizeof path, "%s/proxy", store_server_directory());
    store_proxy_start(path, store_server_socket());
    char incarnation[ID_SIZE];
    id_new(incarnation);
    struct store_config config = store_server_config("proxied", incarnation);
    config.socket = path;
    site_open_with(&config);
    site_wait_state(STORE_READY);
    ask(0);
    site_wait();
    uint64_t row_id = site.task.row_id;
    for (int i = 0; i < 10; i++) {
        enum proxy_loss loss = i % 2 == 0 ? PROXY_LOSES_ANSWER : PROXY_LOSES_COMMIT;
        lose_each_commit(loss, row_id);
    }
    site_close();
    ck_assert_str_eq(
        store_server_rows("proxied",
                          "SELECT COUNT(*), (SELECT COUNT(*) FROM task_log), "
                          "(SELECT COUNT(*) FROM attempt), (SELECT COUNT(*) FROM task_event) "
                          "FROM task"),
        "11|10|10|31\n");
}
END_TEST

START_TEST(a_read_only_server_is_waited_for)
{
    store_server_sql("mysql", "CREATE DATABASE readonly CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; "
                              "CREATE USER plain@localhost IDENTIFIED BY 'secret'; "
                              "GRANT ALL ON readonly.* TO plain@localhost;");
    struct store_config config = store_server_config("readonly", "me");
    config.user = "plain";
    config.password = "secret";
    site_open_with(&config);
    site_wait_state(STORE_READY);
    ask(0);
    site_wait();
    char id[TASK_ID_SIZE];
    memcpy(id, site.task.id, sizeof id);
    store_server_sql("mysql", "SET GLOBAL read_only = 1;");
    ask(DEADLINE_MS);
    ck_assert_int_lt(wait_timed(), PROMPT_MS);
    ck_assert_int_eq(site.result, STORE_UNAVAILABLE);
    site_wait_state(STORE_CONNECTING);
    ck_assert_int_eq(site_get(id), STORE_OK);
    ask(0);
    store_server_sql("mysql", "SET GLOBAL read_only = 0;");
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    site_wait_state(STORE_READY);
    site_close();
    ck_assert_str_eq(count_tasks("readonly"), "2");
}
END_TEST

START_TEST(a_wrong_password_is_said)
{
    struct store_config config = store_server_config("denied", "me");
    config.user = "nobody-known";
    config.password = "wrong";
    site_open_with(&config);
    const char *why = "";
    int64_t begin = site_ms();
    while (strstr(why, "Access denied") == NULL && site_ms() - begin < 20000) {
        event_base_loop(site.base, EVLOOP_NONBLOCK);
        store_state(site.store, &why);
        usleep(10000);
    }
    ck_assert_ptr_nonnull(strstr(why, "Access denied"));
    ask(DEADLINE_MS);
    ck_assert_int_lt(wait_timed(), PROMPT_MS);
    ck_assert_int_eq(site.result, STORE_UNAVAILABLE);
    site_close();
}
END_TEST

START_TEST(tls_is_never_given_up)
{
    struct store_config config = store_server_config("tls", "me");
    config.tls = true;
    site_open_with(&config);
    const char *why = "";
    int64_t begin = site_ms();
    while ((why[0] == '\0' || strcmp(why, "connecting") == 0) && site_ms() - begin < 20000) {
        event_base_loop(site.base, EVLOOP_NONBLOCK);
        store_state(site.store, &why);
        usleep(10000);
    }
    ck_assert_int_eq(store_state(site.store, &why), STORE_CONNECTING);
    ck_assert_ptr_nonnull(strstr(why, "SSL"));
    site_close();
}
END_TEST

/* A test that failed may have left it stopped. */
static void wake_server(void)
{
    store_server_signal(SIGCONT);
}

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store_down");
    TCase *down = tcase_create("down");
    tcase_set_timeout(down, 90);
    tcase_add_checked_fixture(down, wake_server, NULL);
    tcase_add_test(down, a_newer_schema_is_refused);
    tcase_add_test(down, a_half_applied_schema_is_completed);
    tcase_add_test(down, a_silent_server_keeps_nobody_waiting);
    tcase_add_test(down, a_long_queue_is_not_taken_for_a_silent_server);
    tcase_add_test(down, closing_does_not_wait_for_a_silent_server);
    tcase_add_test(down, a_killed_server_is_found_again);
    tcase_add_test(down, what_waits_is_done_when_the_server_is_back);
    tcase_add_test(down, a_commit_without_answer_counts_once);
    tcase_add_test(down, a_read_only_server_is_waited_for);
    tcase_add_test(down, a_wrong_password_is_said);
    tcase_add_test(down, tls_is_never_given_up);
    suite_add_tcase(suite, down);
    return suite;
}

int main(void)
{
    return site_main(make_suite());
}
