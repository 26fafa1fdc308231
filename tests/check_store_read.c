/* SPDX-License-Identifier: MIT */
/* Lists, searches, settings and users against a real server. */
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
    struct store_list_filter filter = {.page = 1, .page_size = 5, .status = -1};
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
    filter.status = TASK_PENDING;
    ck_assert_uint_eq(found(&filter), 11);
    filter.status = TASK_RUNNING;
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
    struct store_list_filter filter = {.page = 1, .page_size = 5, .status = -1, .search = "facade"};
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
        store_setting_set(site.store, "task_max_concurrent", i == 0 ? "7" : "12", "u", 5000,
                          site_done_cb, NULL);
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

static void users_cb(void *arg, enum store_result result, const struct store_user_row *rows,
                     size_t count, uint64_t total)
{
    site.text[0] = '\0';
    site.total = total;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(site.text);
        snprintf(site.text + length, sizeof site.text - length, "%s %s %s %s;", rows[i].username,
                 rows[i].full_name, rows[i].status, rows[i].roles);
    }
    site_done_cb(arg, result);
}

static enum store_result add_user(const char *name, const char *role)
{
    struct store_user_new user = {.username = name,
                                  .email = "a@example.org",
                                  .full_name = "Änn Ex",
                                  .password_hash = "$y$hash",
                                  .role = role};
    id_new(user.id);
    store_user_add(site.store, &user, "system", 5000, site_done_cb, NULL);
    site_wait();
    return site.result;
}

START_TEST(users_are_added_changed_and_listed)
{
    ck_assert_int_eq(add_user("ann", "admin"), STORE_OK);
    ck_assert_int_eq(add_user("ann", "viewer"), STORE_CONFLICT);
    ck_assert_int_eq(add_user("ANN", "viewer"), STORE_OK);
    ck_assert_int_eq(add_user("bob", "king"), STORE_NOT_FOUND);
    ck_assert_int_eq(add_user("b%b", "operator"), STORE_OK);
    store_user_list(site.store, NULL, 1, 10, 5000, users_cb, NULL);
    site_wait();
    ck_assert_str_eq(
        site.text, "b%b Änn Ex active operator;ANN Änn Ex active viewer;ann Änn Ex active admin;");
    store_user_list(site.store, "Ann", 1, 1, 5000, users_cb, NULL);
    site_wait();
    ck_assert_uint_eq(site.total, 3);
    store_user_list(site.store, "%", 1, 10, 5000, users_cb, NULL);
    site_wait();
    ck_assert_uint_eq(site.total, 1);
    store_user_set_role(site.store, "ann", "operator", "system", 5000, site_done_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    store_user_set_role(site.store, "zoe", "operator", "system", 5000, site_done_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_NOT_FOUND);
    store_server_sql(
        "check_store",
        "INSERT INTO session (uuid, user_id, token_hash, created_at, seen_at, expires_at) "
        "SELECT UUID(), id, 'x', NOW(6), NOW(6), NOW(6) FROM user WHERE username = 'ann';");
    store_user_set_password(site.store, "ann", "$y$other", "system", 5000, site_done_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    ck_assert_str_eq(
        store_server_rows("check_store",
                          "SELECT password_hash, (SELECT COUNT(*) FROM session), "
                          "(SELECT GROUP_CONCAT(role_id) FROM user_role WHERE user_id = user.id) "
                          "= (SELECT id FROM role WHERE name = 'operator') "
                          "FROM user WHERE username = 'ann'"),
        "$y$other|0|1\n");
    ck_assert_str_eq(
        store_server_value("check_store",
                           "SELECT COUNT(*) FROM task_event WHERE detail LIKE '%$y$%'"),
        "0");
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
    tcase_add_test(calls, users_are_added_changed_and_listed);
    suite_add_tcase(suite, calls);
    return suite;
}

int main(void)
{
    return site_main(make_suite());
}
