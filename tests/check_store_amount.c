/* SPDX-License-Identifier: MIT */
/* What is remembered of long and short lists, and for how long. */
#include "supervisor/store_amount.h"
#include "tests/check_main.h"

#include <stdio.h>

#define NOW 1000000

START_TEST(what_was_noted_is_known_for_some_time)
{
    ck_assert_int_eq(store_amount_recall("a", NOW), STORE_AMOUNT_UNKNOWN);
    store_amount_note("a", true, NOW);
    store_amount_note("b", false, NOW);
    ck_assert_int_eq(store_amount_recall("a", NOW), STORE_AMOUNT_PLENTY);
    ck_assert_int_eq(store_amount_recall("b", NOW + STORE_AMOUNT_MS - 1), STORE_AMOUNT_FEW);
    ck_assert_int_eq(store_amount_recall("a", NOW + STORE_AMOUNT_MS), STORE_AMOUNT_UNKNOWN);
}
END_TEST

START_TEST(the_latest_note_counts)
{
    store_amount_note("a", true, NOW);
    store_amount_note("a", false, NOW + 1);
    ck_assert_int_eq(store_amount_recall("a", NOW + 2), STORE_AMOUNT_FEW);
}
END_TEST

START_TEST(a_filter_in_the_place_of_another_is_not_taken_for_it)
{
    char filter[16];

    for (int i = 0; i < 2000; i++) {
        snprintf(filter, sizeof(filter), "f%d", i);
        ck_assert_int_eq(store_amount_recall(filter, NOW), STORE_AMOUNT_UNKNOWN);
        store_amount_note(filter, i % 2 == 0, NOW);
        ck_assert_int_eq(store_amount_recall(filter, NOW),
                         i % 2 == 0 ? STORE_AMOUNT_PLENTY : STORE_AMOUNT_FEW);
    }
}
END_TEST

static Suite *amount_suite(void)
{
    Suite *suite = suite_create("store_amount");
    TCase *all = tcase_create("all");

    tcase_add_test(all, what_was_noted_is_known_for_some_time);
    tcase_add_test(all, the_latest_note_counts);
    tcase_add_test(all, a_filter_in_the_place_of_another_is_not_taken_for_it);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(amount_suite)
