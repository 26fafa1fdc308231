/* SPDX-License-Identifier: MIT */
/* Which ends are told, and that each is told once: creates racing with events, broken streams,
 * deleted tasks. */
#include "client/complete_table.h"
#include "tests/check_main.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct complete_table *table;

static void setup(void)
{
    table = table_new();
}

static void teardown(void)
{
    table_free(table);
}

static void never_called(void *arg, const char *id, const char *status, const char *result,
                         const char *error)
{
    (void)arg, (void)id, (void)status, (void)result, (void)error;
    ck_abort_msg("the table does not call");
}

static struct taskyard_object *task(const char *id, const char *status)
{
    char text[200];

    snprintf(text, sizeof(text), "{\"id\":\"%s\",\"status\":\"%s\",\"result\":\"{}\"}", id, status);
    return (struct taskyard_object *)json_tokener_parse(text);
}

static void event(const char *id, const char *status)
{
    struct taskyard_object *object = task(id, status);

    table_event(table, object);
    taskyard_object_free(object);
}

static void add(uint64_t since, const char *id, const char *status, void *arg)
{
    struct taskyard_object *object = task(id, status);

    table_add(table, since, object, never_called, arg);
    taskyard_object_free(object);
}

static void create(const char *id)
{
    uint64_t since = table_begin(table);

    add(since, id, "pending", NULL);
    table_end(table);
}

static void answer(uint64_t since, const char *id, const char *status)
{
    struct taskyard_object *object = status != NULL ? task(id, status) : NULL;

    table_answer(table, since, id, object);
    taskyard_object_free(object);
}

static void expect_ready(const char *id, const char *status)
{
    struct table_ready *ready = table_take_ready(table);

    ck_assert_ptr_nonnull(ready);
    ck_assert_str_eq(ready->id, id);
    ck_assert_str_eq(ready->status, status);
    table_ready_free(ready);
}

static void expect_nothing(void)
{
    ck_assert(!table_has_ready(table));
    ck_assert_ptr_null(table_take_ready(table));
}

START_TEST(an_event_ends_it_once)
{
    table_set_live(table, true);
    create("a");
    ck_assert(!table_has_doubt(table));
    event("a", "running");
    expect_nothing();
    ck_assert_uint_eq(table_outstanding(table), 1);
    event("a", "success");
    event("a", "success");
    expect_ready("a", "success");
    expect_nothing();
    ck_assert_uint_eq(table_outstanding(table), 0);
    ck_assert(!table_is_wanted(table));
}
END_TEST

START_TEST(others_tasks_are_nobodys)
{
    table_set_live(table, true);
    create("a");
    event("b", "failed");
    expect_nothing();
}
END_TEST

START_TEST(an_event_before_the_answer_counts)
{
    uint64_t since;

    table_set_live(table, true);
    since = table_begin(table);
    event("a", "failed");
    add(since, "a", "pending", NULL);
    table_end(table);
    expect_ready("a", "failed");
}
END_TEST

START_TEST(kept_events_go_with_the_last_create)
{
    uint64_t since;

    table_set_live(table, true);
    (void)table_begin(table);
    event("a", "failed");
    table_end(table);
    since = table_begin(table);
    add(since, "a", "pending", NULL);
    table_end(table);
    expect_nothing();
}
END_TEST

START_TEST(without_a_stream_it_is_in_doubt)
{
    uint64_t since;
    char *id;

    create("a");
    ck_assert(table_has_doubt(table));
    table_set_live(table, true);
    id = table_next_doubt(table, &since);
    ck_assert_str_eq(id, "a");
    answer(since, id, "running");
    free(id);
    ck_assert(!table_has_doubt(table));
    expect_nothing();
    event("a", "cancelled");
    expect_ready("a", "cancelled");
}
END_TEST

START_TEST(a_gap_during_the_create_is_a_doubt)
{
    uint64_t since;

    table_set_live(table, true);
    since = table_begin(table);
    table_set_live(table, false);
    table_set_live(table, true);
    add(since, "a", "pending", NULL);
    table_end(table);
    ck_assert(table_has_doubt(table));
}
END_TEST

START_TEST(a_new_stream_puts_all_in_doubt)
{
    uint64_t since;
    char *id;

    table_set_live(table, true);
    create("a");
    create("b");
    table_set_live(table, false);
    table_set_live(table, true);
    id = table_next_doubt(table, &since);
    answer(since, id, "success");
    free(id);
    id = table_next_doubt(table, &since);
    ck_assert_ptr_nonnull(id);
    answer(since, id, "failed");
    free(id);
    ck_assert_ptr_null(table_next_doubt(table, &since));
    table_ready_free(table_take_ready(table));
    table_ready_free(table_take_ready(table));
    expect_nothing();
    ck_assert_uint_eq(table_outstanding(table), 0);
}
END_TEST

/* Asked before the gap, answered "running" after it: the end may lie in the gap, so the doubt
 * stays. */
START_TEST(an_old_answer_settles_only_an_end)
{
    uint64_t since;
    char *id;

    create("a");
    table_set_live(table, true);
    id = table_next_doubt(table, &since);
    table_set_live(table, false);
    table_set_live(table, true);
    answer(since, id, "running");
    ck_assert(table_has_doubt(table));
    answer(since, id, "failed");
    free(id);
    expect_ready("a", "failed");
}
END_TEST

START_TEST(a_deleted_task_is_cancelled)
{
    struct table_ready *ready;

    create("a");
    answer(TABLE_UNKNOWN, "a", NULL);
    ready = table_take_ready(table);
    ck_assert_str_eq(ready->status, "cancelled");
    ck_assert_str_eq(ready->error, "task deleted");
    ck_assert_ptr_null(ready->result);
    table_ready_free(ready);
}
END_TEST

START_TEST(created_already_ended)
{
    uint64_t since = table_begin(table);

    add(since, "a", "success", NULL);
    table_end(table);
    expect_ready("a", "success");
    ck_assert(!table_has_doubt(table));
}
END_TEST

START_TEST(two_registrations_are_two_calls)
{
    int first, second;
    struct table_ready *a, *b;

    table_set_live(table, true);
    add(TABLE_UNKNOWN, "a", "pending", &first);
    add(TABLE_UNKNOWN, "a", "pending", &second);
    event("a", "success");
    a = table_take_ready(table);
    b = table_take_ready(table);
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    ck_assert_ptr_ne(a->arg, b->arg);
    table_ready_free(a);
    table_ready_free(b);
    expect_nothing();
}
END_TEST

START_TEST(a_flood_during_a_create_becomes_a_doubt)
{
    uint64_t since;
    char id[20];
    int i;

    table_set_live(table, true);
    since = table_begin(table);
    event("mine", "success");
    for (i = 0; i < 10001; i++) {
        snprintf(id, sizeof(id), "t%d", i);
        event(id, "success");
    }
    add(since, "mine", "pending", NULL);
    table_end(table);
    expect_nothing();
    ck_assert(table_has_doubt(table));
}
END_TEST

START_TEST(many_tasks_are_found_again)
{
    char id[20];
    int i;

    table_set_live(table, true);
    for (i = 0; i < 5000; i++) {
        snprintf(id, sizeof(id), "t%d", i);
        create(id);
    }
    for (i = 4999; i >= 0; i--) {
        snprintf(id, sizeof(id), "t%d", i);
        event(id, "success");
        expect_ready(id, "success");
    }
    ck_assert_uint_eq(table_outstanding(table), 0);
}
END_TEST

static Suite *complete_table_suite(void)
{
    Suite *suite = suite_create("complete_table");
    TCase *tcase = tcase_create("table");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_event_ends_it_once);
    tcase_add_test(tcase, others_tasks_are_nobodys);
    tcase_add_test(tcase, an_event_before_the_answer_counts);
    tcase_add_test(tcase, kept_events_go_with_the_last_create);
    tcase_add_test(tcase, without_a_stream_it_is_in_doubt);
    tcase_add_test(tcase, a_gap_during_the_create_is_a_doubt);
    tcase_add_test(tcase, a_new_stream_puts_all_in_doubt);
    tcase_add_test(tcase, an_old_answer_settles_only_an_end);
    tcase_add_test(tcase, a_deleted_task_is_cancelled);
    tcase_add_test(tcase, created_already_ended);
    tcase_add_test(tcase, two_registrations_are_two_calls);
    tcase_add_test(tcase, a_flood_during_a_create_becomes_a_doubt);
    tcase_add_test(tcase, many_tasks_are_found_again);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(complete_table_suite)
