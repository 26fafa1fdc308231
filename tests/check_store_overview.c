/* SPDX-License-Identifier: MIT */
/* What an overview counts, for whom, and that indices alone answer it. */
#include "supervisor/store_overview.h"
#include "tests/store_site.h"

#include <stdio.h>
#include <string.h>

#define DATABASE "check_store"

static const struct store_actor ann = {.id = "ann"};
static struct store_overview seen;

/* The tasks' strings are gone when the callback returns. */
static void overview_cb(void *arg, enum store_result result, const struct store_overview *overview)
{
    if (overview != NULL) {
        seen = *overview;
        snprintf(site.text, sizeof site.text, "%s",
                 overview->failure_count > 0 ? overview->failures[0].error : "");
    }
    site_done_cb(arg, result);
}

static const struct store_overview *look(const struct store_actor *who)
{
    store_overview(site.store, who, 5000, overview_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    return &seen;
}

static uint64_t ended(enum task_status status)
{
    uint64_t sum = 0;
    for (int i = 0; i < STORE_OVERVIEW_HOURS; i++) {
        sum += seen.hours[i].counts[status];
    }
    return sum;
}

/* What ended in the hour so many hours ago, or in the one before it: the clock goes on between a
 * change and a look. */
static uint64_t ended_ago(enum task_status status, int hours)
{
    int last = STORE_OVERVIEW_HOURS - 1 - hours;
    return seen.hours[last].counts[status] + seen.hours[last - 1].counts[status];
}

static void make(const char *type, const char *creator, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ck_assert_int_eq(site_create(type, creator, NULL), STORE_OK);
    }
}

static void sql(const char *text)
{
    store_server_sql(DATABASE, text);
}

START_TEST(nothing_is_all_zero)
{
    look(STORE_SYSTEM);
    ck_assert_uint_eq(seen.running + seen.pending + seen.due_later + seen.type_count, 0);
    ck_assert_int_eq(seen.oldest_due_us, 0);
    ck_assert_uint_eq(seen.running_count + seen.failure_count, 0);
    for (int i = 1; i < STORE_OVERVIEW_HOURS; i++) {
        ck_assert_int_eq(seen.hours[i].from_us - seen.hours[i - 1].from_us, 3600 * 1000000LL);
    }
    ck_assert_int_le(seen.hours[STORE_OVERVIEW_HOURS - 1].from_us, seen.now_us);
    ck_assert_int_eq(seen.counted_from_us, seen.hours[0].from_us);
}
END_TEST

START_TEST(what_is_open)
{
    make("a", "ann", 3);
    make("b", "bob", 2);
    sql("UPDATE task SET due_at = UTC_TIMESTAMP(6) + INTERVAL 1 DAY WHERE type = 'b' LIMIT 1;"
        "UPDATE task SET due_at = UTC_TIMESTAMP(6) - INTERVAL 90 SECOND WHERE type = 'a' LIMIT 1;");
    site_cycle(NULL, 0, 1);
    look(STORE_SYSTEM);
    ck_assert_uint_eq(seen.running, 1);
    ck_assert_uint_eq(seen.running_count, 1);
    ck_assert_uint_eq(seen.pending, 4);
    ck_assert_uint_eq(seen.due_later, 1);
    ck_assert_int_gt(seen.oldest_due_us, 0);
    ck_assert_int_le(seen.oldest_due_us, seen.now_us);
    ck_assert_uint_eq(seen.type_count, 2);
    ck_assert_str_eq(seen.types[0].name, "a"); /* the running ones are looked at first */
    ck_assert_uint_eq(seen.types[0].counts[TASK_RUNNING], 1);
    ck_assert_uint_eq(seen.types[0].counts[TASK_PENDING], 2);
    ck_assert_uint_eq(seen.types[1].counts[TASK_PENDING], 2);
    look(&ann);
    ck_assert_uint_eq(seen.running, 1);
    ck_assert_uint_eq(seen.pending, 2);
    ck_assert_uint_eq(seen.due_later, 0);
    ck_assert_uint_eq(seen.type_count, 1);
}
END_TEST

START_TEST(what_waits_for_its_time_is_not_overdue)
{
    make("a", "ann", 1);
    sql("UPDATE task SET due_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR;");
    look(STORE_SYSTEM);
    ck_assert_uint_eq(seen.pending, 1);
    ck_assert_uint_eq(seen.due_later, 1);
    ck_assert_int_eq(seen.oldest_due_us, 0);
}
END_TEST

START_TEST(ends_by_hour)
{
    make("a", "ann", 4);
    make("b", "bob", 4);
    sql("UPDATE task SET status = 'success', finished_at = UTC_TIMESTAMP(6) WHERE type = 'a';"
        "UPDATE task SET status = 'failed', error = type, finished_at = UTC_TIMESTAMP(6) - "
        "INTERVAL 3 HOUR WHERE type = 'b';"
        "UPDATE task SET status = 'cancelled', finished_at = UTC_TIMESTAMP(6) - INTERVAL 25 HOUR "
        "WHERE type = 'b' LIMIT 1;"
        "UPDATE task SET deleted_at = UTC_TIMESTAMP(6) WHERE type = 'a' LIMIT 1;");
    look(STORE_SYSTEM);
    ck_assert_uint_eq(ended_ago(TASK_SUCCESS, 0), 3);
    ck_assert_uint_eq(ended_ago(TASK_FAILED, 3), 3);
    ck_assert_uint_eq(ended(TASK_SUCCESS) + ended(TASK_FAILED) + ended(TASK_CANCELLED), 6);
    ck_assert_uint_eq(seen.failure_count, 3);
    ck_assert_str_eq(site.text, "b");
    look(&ann);
    ck_assert_uint_eq(ended_ago(TASK_SUCCESS, 0), 3);
    ck_assert_uint_eq(ended(TASK_FAILED), 0);
    ck_assert_uint_eq(seen.failure_count, 0);
    ck_assert_uint_eq(seen.type_count, 1);
    look(&(const struct store_actor){.id = "bob"});
    ck_assert_uint_eq(ended_ago(TASK_FAILED, 3), 3);
    ck_assert_uint_eq(seen.failure_count, 3);
}
END_TEST

START_TEST(a_retry_takes_its_failure_back)
{
    char id[TASK_ID_SIZE];
    site_make_task(TASK_FAILED, id);
    look(STORE_SYSTEM);
    ck_assert_uint_eq(ended(TASK_FAILED), 1);
    ck_assert_uint_eq(seen.failure_count, 1);
    ck_assert_int_eq(site_change(store_retry, id), STORE_OK);
    look(STORE_SYSTEM);
    ck_assert_uint_eq(ended(TASK_FAILED), 0);
    ck_assert_uint_eq(seen.pending, 1);
}
END_TEST

/* More waiting tasks than are looked at one by one. */
START_TEST(a_long_queue_is_still_counted)
{
    make("a", "ann", 1);
    sql("INSERT INTO task (uuid, type, creator_id, created_at, updated_at, due_at) SELECT UUID(), "
        "IF(seq > 100, 'b', 'a'), 'ann', NOW(6), NOW(6), IF(seq > 10500, UTC_TIMESTAMP(6) + "
        "INTERVAL 1 DAY, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR) FROM seq_1_to_11000;");
    look(STORE_SYSTEM);
    ck_assert_uint_eq(seen.pending, 11001);
    ck_assert_uint_eq(seen.due_later, 500);
    ck_assert_uint_eq(seen.type_count, 2);
}
END_TEST

START_TEST(more_types_than_are_told)
{
    make("a", "ann", 1);
    sql("INSERT INTO task (uuid, type, creator_id, created_at, updated_at, due_at) SELECT UUID(), "
        "CONCAT('t', seq), 'ann', NOW(6), NOW(6), NOW(6) FROM seq_1_to_200;");
    look(STORE_SYSTEM);
    ck_assert_uint_eq(seen.pending, 201);
    ck_assert_uint_eq(seen.type_count, STORE_OVERVIEW_TYPES);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store_overview");
    TCase *tests = tcase_create("overview");
    tcase_add_checked_fixture(tests, site_open_empty, site_close);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, nothing_is_all_zero);
    tcase_add_test(tests, what_is_open);
    tcase_add_test(tests, what_waits_for_its_time_is_not_overdue);
    tcase_add_test(tests, ends_by_hour);
    tcase_add_test(tests, a_retry_takes_its_failure_back);
    tcase_add_test(tests, a_long_queue_is_still_counted);
    tcase_add_test(tests, more_types_than_are_told);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return site_main(make_suite());
}
