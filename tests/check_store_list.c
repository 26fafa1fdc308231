/* SPDX-License-Identifier: MIT */
/* Whose tasks a list holds, by which filters, and that each is served by an index. */
#include "tests/store_site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASE "check_store"

static const struct store_actor ann = {.id = "ann"};

static size_t seen_by(const struct store_actor *who, struct store_list_filter filter)
{
    filter.page = filter.page > 0 ? filter.page : 1;
    filter.page_size = filter.page_size > 0 ? filter.page_size : 100;
    store_task_list(site.store, &filter, who, 5000, site_list_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    for (size_t i = 1; i < site.count; i++) {
        ck_assert_uint_gt(site.tasks[i - 1].row_id, site.tasks[i].row_id);
    }
    return site.total;
}

static size_t found(struct store_list_filter filter)
{
    return seen_by(STORE_SYSTEM, filter);
}

static size_t recent(const struct store_actor *who)
{
    store_user_tasks(site.store, who, 5000, site_tasks_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    return site.count;
}

static void make(const char *type, const char *creator, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ck_assert_int_eq(site_create(type, creator, NULL), STORE_OK);
    }
}

START_TEST(others_get_their_own_whatever_they_ask_for)
{
    make("a", "ann", 3);
    make("a", "bob", 5);
    ck_assert_uint_eq(found((struct store_list_filter){0}), 8);
    ck_assert_uint_eq(seen_by(&ann, (struct store_list_filter){0}), 3);
    ck_assert_uint_eq(seen_by(&ann, (struct store_list_filter){.creator_id = "bob"}), 3);
    ck_assert_uint_eq(seen_by(&ann, (struct store_list_filter){.creator_name = "bob"}), 3);
    ck_assert_uint_eq(seen_by(&ann, (struct store_list_filter){.search = "a"}), 3);
    char foreign[TASK_ID_SIZE];
    found((struct store_list_filter){.creator_id = "bob"});
    snprintf(foreign, sizeof foreign, "%s", site.tasks[0].id);
    ck_assert_uint_eq(found((struct store_list_filter){.search = foreign}), 1);
    ck_assert_uint_eq(seen_by(&ann, (struct store_list_filter){.search = foreign}), 0);
}
END_TEST

START_TEST(a_creator_is_found_by_name_or_by_any_id)
{
    store_server_sql(DATABASE, "INSERT INTO user (uuid, username, created_at, updated_at) VALUES "
                               "('11111111-2222-4333-8444-555555555555', 'carl', NOW(6), NOW(6));");
    make("a", "11111111-2222-4333-8444-555555555555", 2);
    make("a", "carl", 3); /* some module's own */
    make("a", "dora", 1);
    ck_assert_uint_eq(found((struct store_list_filter){.creator_name = "carl"}), 2);
    ck_assert_uint_eq(found((struct store_list_filter){.creator_name = "dora"}), 1);
    ck_assert_uint_eq(found((struct store_list_filter){.creator_name = "CARL"}), 0);
    ck_assert_uint_eq(found((struct store_list_filter){.creator_id = "carl"}), 3);
}
END_TEST

START_TEST(a_search_finds_a_type_from_its_first_task_on)
{
    make("report_daily", "ann", 1);
    ck_assert_uint_eq(found((struct store_list_filter){.search = "REPORT"}), 1);
    ck_assert_uint_eq(found((struct store_list_filter){.search = "mail"}), 0);
    make("mail_out", "bob", 2);
    make("report_monthly", "bob", 1);
    ck_assert_uint_eq(found((struct store_list_filter){.search = "mail"}), 2);
    ck_assert_uint_eq(found((struct store_list_filter){.search = "report"}), 2);
    ck_assert_uint_eq(found((struct store_list_filter){.search = "report", .type = "report_daily"}),
                      1);
    ck_assert_uint_eq(seen_by(&ann, (struct store_list_filter){.search = "report"}), 1);
}
END_TEST

START_TEST(a_search_among_many_types)
{
    for (int i = 0; i < 70; i++) {
        char type[16];
        snprintf(type, sizeof type, "kind_%02d", i);
        make(type, i == 69 ? "ann" : "bob", 1);
    }
    ck_assert_uint_eq(found((struct store_list_filter){.search = "_6"}), 10);
    ck_assert_uint_eq(seen_by(&ann, (struct store_list_filter){.search = "kind"}), 1);
}
END_TEST

START_TEST(several_statuses_at_once)
{
    char id[TASK_ID_SIZE];
    site_make_task(TASK_FAILED, id);
    site_make_task(TASK_SUCCESS, id);
    site_make_task(TASK_RUNNING, id);
    site_make_task(TASK_PENDING, id);
    unsigned open = 1u << TASK_PENDING | 1u << TASK_RUNNING;
    unsigned ended = 1u << TASK_SUCCESS | 1u << TASK_FAILED | 1u << TASK_CANCELLED;
    ck_assert_uint_eq(found((struct store_list_filter){.statuses = open}), 2);
    ck_assert_uint_eq(site.count, 2);
    ck_assert_uint_eq(found((struct store_list_filter){.statuses = open | ended}), 4);
    ck_assert_uint_eq(found((struct store_list_filter){.statuses = ended, .creator_id = "u"}), 2);
    ck_assert_uint_eq(found((struct store_list_filter){.statuses = ended, .type = "a"}), 2);
    ck_assert_uint_eq(found((struct store_list_filter){.statuses = ended, .type = "b"}), 0);
    ck_assert_uint_eq(found((struct store_list_filter){.statuses = open, .search = "a"}), 2);
    ck_assert_uint_eq(found((struct store_list_filter){.statuses = open, .search = id}), 1);
    ck_assert_uint_eq(found((struct store_list_filter){.statuses = ended, .search = id}), 0);
}
END_TEST

/* 2020-01-01 and the days after it. */
#define DAY_US INT64_C(86400000000)
#define NEW_YEAR_US INT64_C(1577836800000000)

START_TEST(created_between_two_times)
{
    make("a", "u", 10);
    store_server_sql(DATABASE,
                     "SET @day = -1; UPDATE task SET created_at = '2020-01-01' + INTERVAL "
                     "(@day := @day + 1) DAY ORDER BY id;");
    struct store_list_filter filter = {.created_from_us = NEW_YEAR_US + 2 * DAY_US};
    ck_assert_uint_eq(found(filter), 8);
    filter.created_to_us = NEW_YEAR_US + 4 * DAY_US; /* both ends count */
    ck_assert_uint_eq(found(filter), 3);
    filter.created_to_us--;
    ck_assert_uint_eq(found(filter), 2);
    filter.search = "a";
    ck_assert_uint_eq(found(filter), 2);
    filter.statuses = 1u << TASK_PENDING;
    ck_assert_uint_eq(found(filter), 2);
    ck_assert_uint_eq(seen_by(&ann, filter), 0);
    filter.created_from_us = NEW_YEAR_US + 100 * DAY_US;
    ck_assert_uint_eq(found(filter), 0);
    filter = (struct store_list_filter){.created_to_us = 1};
    ck_assert_uint_eq(found(filter), 0);
}
END_TEST

/* A status that many have, and a time that holds more tasks than are looked at one by one. */
START_TEST(all_of_a_common_status_since_a_time)
{
    make("a", "u", 1);
    store_server_sql(DATABASE,
                     "INSERT INTO task (uuid, type, status, creator_id, created_at, updated_at, "
                     "due_at) SELECT UUID(), 'a', IF(seq % 3 = 0, 'failed', 'success'), 'u', t, t, "
                     "t FROM (SELECT seq, '2020-01-01' + INTERVAL seq SECOND t FROM "
                     "seq_1_to_40000) times;");
    struct store_list_filter filter = {.statuses = 1u << TASK_FAILED};
    ck_assert_uint_eq(found(filter), 10000);
    filter.created_from_us = NEW_YEAR_US + INT64_C(13001) * 1000000;
    ck_assert_uint_eq(found(filter), 9000);
    filter.created_from_us = NEW_YEAR_US + INT64_C(39998) * 1000000;
    ck_assert_uint_eq(found(filter), 1);
}
END_TEST

/* ---- a user's recent tasks ---- */

START_TEST(recent_ones_are_ones_own_and_ten_at_most)
{
    make("a", "bob", 2);
    make("a", "ann", 12);
    make("a", "bob", 1);
    ck_assert_uint_eq(recent(&ann), 10);
    for (size_t i = 0; i < site.count; i++) {
        ck_assert_str_eq(site.tasks[i].creator_id, "ann");
        ck_assert(i == 0 || site.tasks[i - 1].row_id > site.tasks[i].row_id);
    }
    ck_assert_uint_eq(recent(SITE_ACTOR("bob")), 3); /* his own, though he sees all */
    ck_assert_uint_eq(recent(SITE_ACTOR("carl")), 0);
}
END_TEST

START_TEST(old_ones_stay_while_they_are_open)
{
    make("a", "ann", 20);
    store_server_sql(
        DATABASE,
        "UPDATE task SET created_at = NOW(6) - INTERVAL 25 HOUR, status = 'success'; "
        "UPDATE task SET status = 'running' ORDER BY id LIMIT 1; "
        "UPDATE task SET status = 'pending' WHERE status = 'success' ORDER BY id LIMIT 1; "
        "UPDATE task SET created_at = NOW(6) - INTERVAL 23 HOUR ORDER BY id DESC LIMIT 3; "
        "UPDATE task SET deleted_at = NOW(6) ORDER BY id DESC LIMIT 1;");
    ck_assert_uint_eq(recent(&ann), 4);
    ck_assert_int_eq(site.tasks[0].status, TASK_SUCCESS);
    ck_assert_int_eq(site.tasks[2].status, TASK_PENDING);
    ck_assert_int_eq(site.tasks[3].status, TASK_RUNNING);
}
END_TEST

/* Every statement of these calls, as the server saw it, and how many rows it read by scanning. */
static unsigned long rows_read(void)
{
    return strtoul(store_server_value(DATABASE,
                                      "SELECT SUM(VARIABLE_VALUE) FROM "
                                      "information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN "
                                      "('HANDLER_READ_NEXT', 'HANDLER_READ_PREV', "
                                      "'HANDLER_READ_RND_NEXT', 'HANDLER_READ_KEY')"),
                   NULL, 10);
}

static unsigned long cost_of_recent(void)
{
    unsigned long before, idle;
    recent(&ann); /* prepares the statement */
    before = rows_read();
    idle = rows_read() - before;
    before = rows_read();
    recent(&ann);
    return rows_read() - before - idle;
}

/* The same work with a history a hundred times as long. */
START_TEST(a_long_history_costs_recent_ones_nothing)
{
    make("a", "ann", 20);
    store_server_sql(DATABASE, "UPDATE task SET created_at = NOW(6) - INTERVAL 9 DAY, status = "
                               "'success';");
    unsigned long little = cost_of_recent();
    store_server_sql(DATABASE,
                     "INSERT INTO task (uuid, type, creator_id, status, created_at, updated_at, "
                     "due_at) SELECT UUID(), 'a', IF(seq % 2 = 0, 'ann', 'bob'), "
                     "IF(seq % 4 = 1, 'pending', 'success'), NOW(6) - INTERVAL 9 DAY, NOW(6), "
                     "NOW(6) FROM seq_1_to_4000;");
    ck_assert_uint_eq(recent(&ann), 0);
    ck_assert_uint_le(cost_of_recent(), little + 40);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store_list");
    TCase *calls = tcase_create("calls");
    tcase_set_timeout(calls, 60);
    tcase_add_checked_fixture(calls, site_open_empty, site_close);
    tcase_add_test(calls, others_get_their_own_whatever_they_ask_for);
    tcase_add_test(calls, a_creator_is_found_by_name_or_by_any_id);
    tcase_add_test(calls, a_search_finds_a_type_from_its_first_task_on);
    tcase_add_test(calls, a_search_among_many_types);
    tcase_add_test(calls, several_statuses_at_once);
    tcase_add_test(calls, created_between_two_times);
    tcase_add_test(calls, all_of_a_common_status_since_a_time);
    tcase_add_test(calls, recent_ones_are_ones_own_and_ten_at_most);
    tcase_add_test(calls, old_ones_stay_while_they_are_open);
    tcase_add_test(calls, a_long_history_costs_recent_ones_nothing);
    suite_add_tcase(suite, calls);
    return suite;
}

int main(void)
{
    return site_main(make_suite());
}
