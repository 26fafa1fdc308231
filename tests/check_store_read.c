/* SPDX-License-Identifier: MIT */
/* Lists, searches, settings and users against a real server. */
#include "supervisor/store_users.h"
#include "tests/store_site.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* ---- lists ---- */

static size_t found(const struct store_list_filter *filter)
{
    ck_assert_int_eq(site_list(filter), STORE_OK);
    for (size_t i = 1; i < site.count; i++) {
        ck_assert_uint_gt(site.tasks[i - 1].row_id, site.tasks[i].row_id);
    }
    return site.total;
}

START_TEST(lists_filter_and_page)
{
    for (int i = 0; i < 12; i++) {
        ck_assert_int_eq(site_create(i < 4   ? "user_export"
                                     : i < 8 ? "50%_off"
                                             : "plain",
                                     i % 2 ? "u-1" : "u-2", NULL),
                         STORE_OK);
    }
    store_server_sql(
        "check_store",
        "UPDATE task SET deleted_at = NOW(6) WHERE type = 'plain' LIMIT 1; "
        "UPDATE task SET uuid = CONCAT('abc0ffee', SUBSTR(uuid, 9)) ORDER BY id LIMIT 2;");
    struct store_list_filter filter = {.page = 1, .page_size = 5};
    ck_assert_uint_eq(found(&filter), 11);
    ck_assert_uint_eq(site.count, 5);
    filter.page = 3;
    ck_assert_uint_eq(found(&filter), 11);
    ck_assert_uint_eq(site.count, 1);
    filter.page = 4000000000u;
    ck_assert_uint_eq(found(&filter), 11);
    ck_assert_uint_eq(site.count, 0);
    filter.page = 1;
    static const struct {
        const char *search;
        size_t total;
    } searches[] = {{"export", 4}, {"EXPORT", 4}, {"%", 4}, {"_", 8}, {"50%_o", 4},
                    {"%off%", 0},  {"\\", 0},     {"!", 0}, {"'", 0}, {"ABC0ffee", 2},
                    {"abc0", 2},   {"bc0", 0},    {"", 11}, {"l", 3}, {"abc0ffee-", 2}};
    for (size_t i = 0; i < sizeof searches / sizeof searches[0]; i++) {
        filter.search = searches[i].search;
        ck_assert_msg(found(&filter) == searches[i].total, "search %s: %d, not %d", filter.search,
                      (int)site.total, (int)searches[i].total);
    }
    filter.search = NULL;
    filter.creator_id = "u-1";
    ck_assert_uint_eq(found(&filter), 6);
    filter.search = "export";
    ck_assert_uint_eq(found(&filter), 2);
    filter.type = "plain";
    ck_assert_uint_eq(found(&filter), 0);
    filter.search = NULL;
    ck_assert_uint_eq(found(&filter), 2);
    filter.creator_id = NULL;
    ck_assert_uint_eq(found(&filter), 3);
    filter.type = NULL;
    filter.statuses = 1u << TASK_PENDING;
    ck_assert_uint_eq(found(&filter), 11);
    filter.statuses = 1u << TASK_RUNNING;
    ck_assert_uint_eq(found(&filter), 0);
}
END_TEST

START_TEST(an_id_that_is_also_part_of_a_type_counts_once)
{
    ck_assert_int_eq(site_create("facade", "u", NULL), STORE_OK);
    ck_assert_int_eq(site_create("other", "u", NULL), STORE_OK);
    store_server_sql(
        "check_store",
        "UPDATE task SET uuid = CONCAT('facade00', SUBSTR(uuid, 9)) WHERE type = 'facade'; "
        "UPDATE task SET uuid = CONCAT('facade01', SUBSTR(uuid, 9)) WHERE type = 'other';");
    struct store_list_filter filter = {.page = 1, .page_size = 5, .search = "facade"};
    ck_assert_uint_eq(found(&filter), 2);
    ck_assert_uint_eq(site.count, 2);
}
END_TEST

static void counts_cb(void *arg, enum store_result result, const uint64_t counts[5])
{
    snprintf(site.text, sizeof site.text, "%d %d %d %d %d", (int)counts[0], (int)counts[1],
             (int)counts[2], (int)counts[3], (int)counts[4]);
    site_done_cb(arg, result);
}

START_TEST(counts_by_status)
{
    char id[TASK_ID_SIZE];
    site_make_task(TASK_FAILED, id);
    site_make_task(TASK_RUNNING, id);
    site_make_task(TASK_PENDING, id);
    site_make_task(TASK_PENDING, id);
    store_task_counts(site.store, 5000, counts_cb, NULL);
    site_wait();
    ck_assert_str_eq(site.text, "2 1 0 1 0");
}
END_TEST

/* ---- settings, users ---- */

static void settings_cb(void *arg, enum store_result result, const char *const *names,
                        const char *const *values, size_t count)
{
    site.text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(site.text);
        snprintf(site.text + length, sizeof site.text - length, "%s=%s;", names[i], values[i]);
    }
    site_done_cb(arg, result);
}

START_TEST(settings_are_set_and_listed)
{
    for (int i = 0; i < 2; i++) {
        struct store_setting setting = {"task_max_concurrent", i == 0 ? "7" : "12"};
        store_settings_set(site.store, &setting, 1, SITE_ACTOR("u"), 5000, site_done_cb, NULL);
        site_wait();
        ck_assert_int_eq(site.result, STORE_OK);
    }
    store_setting_list(site.store, 5000, settings_cb, NULL);
    site_wait();
    ck_assert_str_eq(site.text, "task_max_concurrent=12;");
    ck_assert_str_eq(store_server_value("check_store",
                                        "SELECT GROUP_CONCAT(detail ORDER BY id) FROM task_event"),
                     "{\"name\":\"task_max_concurrent\",\"value\":\"7\"},"
                     "{\"name\":\"task_max_concurrent\",\"value\":\"12\"}");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store_read");
    TCase *calls = tcase_create("calls");
    tcase_set_timeout(calls, 60);
    tcase_add_checked_fixture(calls, site_open_empty, site_close);
    tcase_add_test(calls, lists_filter_and_page);
    tcase_add_test(calls, an_id_that_is_also_part_of_a_type_counts_once);
    tcase_add_test(calls, counts_by_status);
    tcase_add_test(calls, settings_are_set_and_listed);
    suite_add_tcase(suite, calls);
    return suite;
}

int main(void)
{
    return site_main(make_suite());
}
