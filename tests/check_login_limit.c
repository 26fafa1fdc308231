/* SPDX-License-Identifier: MIT */
/* Tries, locks and forgetting, by a clock of the test's own. */
#include "supervisor/login_limit.h"
#include "tests/check_main.h"

#include <stdio.h>

#define WINDOW_S 900
#define WINDOW_MS (WINDOW_S * 1000LL)

static struct login_limit *limit;

static void set_up(void)
{
    limit = login_limit_new(5, WINDOW_S, 100);
}

static void tear_down(void)
{
    login_limit_free(limit);
}

static void fail_times(const char *key, unsigned times, int64_t now)
{
    for (unsigned i = 0; i < times; i++)
        ck_assert(login_limit_take(limit, key, now));
}

START_TEST(the_fifth_failure_locks)
{
    fail_times("ann", 5, 1000);
    ck_assert(!login_limit_take(limit, "ann", 1000));
    ck_assert_int_eq(login_limit_wait(limit, "ann", 1000), WINDOW_MS);
    ck_assert(!login_limit_take(limit, "ann", 1000 + WINDOW_MS - 1));
    ck_assert_int_eq(login_limit_wait(limit, "ann", 1000 + WINDOW_MS - 1), 1);
    ck_assert(login_limit_take(limit, "ann", 1000 + WINDOW_MS));
    ck_assert_int_eq(login_limit_wait(limit, "ann", 1000 + WINDOW_MS), 0);
}
END_TEST

START_TEST(keys_do_not_touch_each_other)
{
    fail_times("ann", 5, 0);
    ck_assert(!login_limit_take(limit, "ann", 0));
    ck_assert(login_limit_take(limit, "bob", 0));
    ck_assert(login_limit_take(limit, "Ann", 0));
    ck_assert(login_limit_take(limit, "", 0));
}
END_TEST

START_TEST(failures_count_within_one_window)
{
    fail_times("ann", 4, 0);
    fail_times("ann", 4, WINDOW_MS); /* the first four are forgotten */
    ck_assert_int_eq(login_limit_wait(limit, "ann", WINDOW_MS), 0);
    fail_times("ann", 1, WINDOW_MS + 1);
    ck_assert(!login_limit_take(limit, "ann", WINDOW_MS + 2));
}
END_TEST

START_TEST(the_lock_lasts_from_the_last_failure)
{
    fail_times("ann", 4, 0);
    fail_times("ann", 1, WINDOW_MS - 10);
    ck_assert(!login_limit_take(limit, "ann", WINDOW_MS));
    ck_assert(!login_limit_take(limit, "ann", 2 * WINDOW_MS - 11));
    ck_assert(login_limit_take(limit, "ann", 2 * WINDOW_MS - 10));
}
END_TEST

/* A refused try does not make the lock longer. */
START_TEST(knocking_does_not_help_nor_hurt)
{
    fail_times("ann", 5, 0);
    for (int64_t now = 0; now < WINDOW_MS; now += 1000)
        ck_assert(!login_limit_take(limit, "ann", now));
    ck_assert(login_limit_take(limit, "ann", WINDOW_MS));
}
END_TEST

START_TEST(what_is_given_back_was_no_failure)
{
    fail_times("ann", 5, 0);
    login_limit_give_back(limit, "ann");
    ck_assert_int_eq(login_limit_wait(limit, "ann", 0), 0);
    fail_times("ann", 1, 1);
    ck_assert(!login_limit_take(limit, "ann", 2));
    login_limit_give_back(limit, "nobody");
}
END_TEST

START_TEST(a_success_clears_all)
{
    fail_times("ann", 5, 0);
    login_limit_clear(limit, "ann");
    fail_times("ann", 5, 1);
    login_limit_clear(limit, "nobody");
}
END_TEST

START_TEST(the_table_is_bounded_and_the_oldest_gives_way)
{
    char key[32];

    fail_times("ann", 5, 0);
    fail_times("bob", 5, 0);
    for (int i = 0; i < 98; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        fail_times(key, 1, 1);
    }
    ck_assert(!login_limit_take(limit, "ann", 2));
    fail_times("one more", 1, 2); /* ann, who has not been tried since, goes */
    ck_assert(login_limit_take(limit, "ann", 3));
    for (int i = 0; i < 100000; i++) {
        snprintf(key, sizeof(key), "flood %d", i);
        fail_times(key, 1, 4);
    }
}
END_TEST

START_TEST(keys_of_any_length)
{
    static char key[100000];

    for (size_t i = 0; i + 1 < sizeof(key); i++)
        key[i] = 'x';
    fail_times(key, 5, 0);
    ck_assert(!login_limit_take(limit, key, 0));
    key[sizeof(key) - 2] = 'y';
    ck_assert(login_limit_take(limit, key, 0));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("login_limit");
    TCase *rules = tcase_create("rules");

    tcase_add_checked_fixture(rules, set_up, tear_down);
    tcase_add_test(rules, the_fifth_failure_locks);
    tcase_add_test(rules, keys_do_not_touch_each_other);
    tcase_add_test(rules, failures_count_within_one_window);
    tcase_add_test(rules, the_lock_lasts_from_the_last_failure);
    tcase_add_test(rules, knocking_does_not_help_nor_hurt);
    tcase_add_test(rules, what_is_given_back_was_no_failure);
    tcase_add_test(rules, a_success_clears_all);
    tcase_add_test(rules, the_table_is_bounded_and_the_oldest_gives_way);
    tcase_add_test(rules, keys_of_any_length);
    suite_add_tcase(suite, rules);
    return suite;
}

CHECK_MAIN(make_suite)
