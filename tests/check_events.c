/* SPDX-License-Identifier: MIT */
/* Who is told what, and what is told again. */
#include "supervisor/events.h"
#include "tests/check_main.h"

#include <stdio.h>
#include <string.h>

#define SYSTEM ((char[]){"system"})

static struct events *events;
static uint64_t told[4096];
static size_t told_count;

static void tell(void *arg, uint64_t number, const char *json)
{
    (void)arg;
    ck_assert_ptr_nonnull(strstr(json, "\"status\":\"pending\""));
    told[told_count++] = number;
}

static void happen(const char *id, char *creator)
{
    struct task task = {.type = (char[]){"t"}, .creator_id = creator};

    snprintf(task.id, sizeof(task.id), "%s", id);
    events_task(events, &task);
}

static void setup(void)
{
    events = events_new();
    told_count = 0;
}

static void teardown(void)
{
    events_free(events);
}

static struct events_watch *watch(const char *task_id, const char *creator_id)
{
    struct events_filter filter = {task_id, creator_id};

    return events_watch(events, &filter, tell, NULL);
}

START_TEST(watchers_are_told_what_concerns_them)
{
    struct events_watch *one = watch("a", NULL), *own = watch(NULL, "ann");

    happen("a", (char[]){"bob"});
    happen("b", (char[]){"ann"});
    happen("b", (char[]){"bob"});
    ck_assert_uint_eq(told_count, 2);
    ck_assert_uint_eq(told[0], 1);
    ck_assert_uint_eq(told[1], 2);
    events_unwatch(one);
    events_unwatch(own);
    happen("a", (char[]){"ann"});
    ck_assert_uint_eq(told_count, 2);
}
END_TEST

START_TEST(what_was_missed_is_told_again)
{
    struct events_watch *all = watch(NULL, NULL), *own;

    for (int i = 0; i < 5; i++)
        happen(i % 2 == 0 ? "a" : "b", i % 2 == 0 ? (char[]){"ann"} : (char[]){"bob"});
    events_unwatch(all);
    happen("a", (char[]){"ann"});
    own = watch(NULL, "ann");
    told_count = 0;
    ck_assert(events_replay(own, 2));
    ck_assert_uint_eq(told_count, 3);
    ck_assert_uint_eq(told[0], 3);
    ck_assert_uint_eq(told[1], 5);
    ck_assert_uint_eq(told[2], 6);
    ck_assert(events_replay(own, 6));
    ck_assert_uint_eq(told_count, 3);
    ck_assert(!events_replay(own, 7));
    events_unwatch(own);
}
END_TEST

START_TEST(nothing_is_known_from_before_the_first_watch)
{
    struct events_watch *all;

    happen("a", SYSTEM);
    happen("a", SYSTEM);
    all = watch(NULL, NULL);
    ck_assert(!events_replay(all, 1));
    ck_assert(events_replay(all, 2));
    happen("a", SYSTEM);
    ck_assert(!events_replay(all, 1));
    ck_assert(events_replay(all, 2));
    ck_assert_uint_eq(told_count, 2);
    events_unwatch(all);
}
END_TEST

START_TEST(only_the_newest_are_kept)
{
    struct events_watch *all = watch(NULL, NULL);

    for (int i = 0; i < 1030; i++)
        happen("a", SYSTEM);
    told_count = 0;
    ck_assert(!events_replay(all, 5));
    ck_assert_uint_eq(told_count, 0);
    ck_assert(events_replay(all, 6));
    ck_assert_uint_eq(told_count, 1024);
    events_unwatch(all);
}
END_TEST

START_TEST(large_ones_are_kept_for_less_long)
{
    static char result[1024 * 1024];
    struct events_watch *all = watch(NULL, NULL);
    struct task task = {.id = "a", .type = (char[]){"t"}, .creator_id = SYSTEM, .result = result};

    memset(result, '1', sizeof(result) - 1);
    for (int i = 0; i < 20; i++)
        events_task(events, &task);
    ck_assert(!events_replay(all, 10));
    ck_assert(events_replay(all, 15));
    events_unwatch(all);
}
END_TEST

static Suite *events_suite(void)
{
    Suite *suite = suite_create("events");
    TCase *tcase = tcase_create("events");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, watchers_are_told_what_concerns_them);
    tcase_add_test(tcase, what_was_missed_is_told_again);
    tcase_add_test(tcase, nothing_is_known_from_before_the_first_watch);
    tcase_add_test(tcase, only_the_newest_are_kept);
    tcase_add_test(tcase, large_ones_are_kept_for_less_long);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(events_suite)
