/* SPDX-License-Identifier: MIT */
/* The audit trail across tasks, rows of files, and the secret that is made once. */
#include "supervisor/store_audit.h"
#include "supervisor/store_files.h"
#include "tests/store_site.h"

#include <stdio.h>
#include <string.h>

#define DATABASE "check_store"
#define ANN "11111111-2222-4333-8444-555555555555"

static const struct store_actor ann = {.id = ANN, .address = "192.0.2.7"};

static void write_row(const char *a, const char *b, const char *c, const char *d)
{
    size_t length = strlen(site.text);
    snprintf(site.text + length, sizeof site.text - length, "%s %s %s %s;", a, b != NULL ? b : "-",
             c != NULL ? c : "-", d != NULL ? d : "-");
}

/* ---- audit ---- */

static void audit_cb(void *arg, enum store_result result, const struct store_audit_row *rows,
                     size_t count, uint64_t total)
{
    site.text[0] = '\0';
    site.total = total;
    for (size_t i = 0; i < count; i++) {
        ck_assert(i == 0 || rows[i - 1].id > rows[i].id);
        ck_assert_int_gt(rows[i].created_at_us, 0);
        write_row(rows[i].kind, rows[i].actor_name, rows[i].address,
                  rows[i].detail != NULL ? rows[i].detail : rows[i].task_id);
    }
    site_done_cb(arg, result);
}

static uint64_t audit(struct store_audit_filter filter)
{
    filter.page = filter.page > 0 ? filter.page : 1;
    filter.page_size = filter.page_size > 0 ? filter.page_size : 10;
    store_audit_list(site.store, &filter, 5000, audit_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    return site.total;
}

static void change(site_change_fn call, const char *id, const struct store_actor *who)
{
    call(site.store, id, who, 5000, site_task_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
}

START_TEST(the_trail_is_read_by_kind_actor_and_task)
{
    char first[TASK_ID_SIZE], second[TASK_ID_SIZE], wanted[200];
    store_server_sql(DATABASE, "INSERT INTO user (uuid, username, created_at, updated_at) VALUES "
                               "('" ANN "', 'ann', NOW(6), NOW(6));");
    ck_assert_int_eq(site_create("a", ANN, NULL), STORE_OK);
    snprintf(first, sizeof first, "%s", site.task.id);
    ck_assert_int_eq(site_create("a", "bob", NULL), STORE_OK);
    snprintf(second, sizeof second, "%s", site.task.id);
    change(store_cancel, first, &ann);
    change(store_delete, first, &ann);
    store_settings_set(site.store, &(struct store_setting){"x", "7"}, 1, &ann, 5000, site_done_cb,
                       NULL);
    site_wait();

    ck_assert_uint_eq(audit((struct store_audit_filter){0}), 5);
    snprintf(wanted, sizeof wanted, "deleted ann 192.0.2.7 %s;cancelled ann 192.0.2.7 %s;", first,
             first);
    ck_assert_ptr_nonnull(strstr(site.text, wanted));
    ck_assert_uint_eq(audit((struct store_audit_filter){.kind = "created"}), 2);
    ck_assert_uint_eq(audit((struct store_audit_filter){.kind = "Created"}), 0);
    ck_assert_uint_eq(audit((struct store_audit_filter){.actor = "ann"}), 4);
    ck_assert_uint_eq(audit((struct store_audit_filter){.actor = ANN}), 4);
    ck_assert_uint_eq(audit((struct store_audit_filter){.actor = "bob"}), 1);
    ck_assert_uint_eq(audit((struct store_audit_filter){.task_id = first}), 3);
    ck_assert_uint_eq(audit((struct store_audit_filter){.task_id = ANN}), 0);
    ck_assert_uint_eq(
        audit((struct store_audit_filter){.task_id = second, .actor = "bob", .kind = "created"}),
        1);
    ck_assert_uint_eq(audit((struct store_audit_filter){.task_id = second, .actor = "ann"}), 0);
    ck_assert_uint_eq(audit((struct store_audit_filter){.actor = "ann", .kind = "setting_changed"}),
                      1);
    ck_assert_str_eq(site.text, "setting_changed ann 192.0.2.7 {\"name\":\"x\",\"value\":\"7\"};");
    ck_assert_uint_eq(audit((struct store_audit_filter){.page = 3, .page_size = 2}), 5);
    ck_assert_uint_eq(audit((struct store_audit_filter){.page = 1000000000, .page_size = 100}), 5);
    ck_assert_str_eq(site.text, "");
}
END_TEST

/* ---- files ---- */

static void files_cb(void *arg, enum store_result result, const struct store_file_row *files,
                     size_t count, uint64_t total)
{
    site.text[0] = '\0';
    site.total = total;
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_gt(files[i].created_at_us, 0);
        write_row(files[i].name, files[i].access, files[i].purpose, files[i].content_type);
    }
    site_done_cb(arg, result);
}

static struct store_file file(const char *name, const char *access)
{
    struct store_file file = {.name = name,
                              .content_type = "text/plain",
                              .owner_id = ANN,
                              .access = access,
                              .purpose = "upload",
                              .size = 3};
    id_new(file.key);
    memset(file.sha256, 'a', 64);
    return file;
}

static uint64_t files(const struct store_actor *who, uint64_t offset, unsigned limit)
{
    store_file_list(site.store, who, offset, limit, 5000, files_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    return site.total;
}

START_TEST(files_are_added_and_listed_by_owner)
{
    struct store_file two[2] = {file("1", "owner"), file("2", "public")};
    store_file_add(site.store, two, 2, &ann, 5000, files_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    ck_assert_str_eq(site.text, "1 owner upload text/plain;2 public upload text/plain;");
    store_file_add(site.store, two, 1, &ann, 5000, files_cb, NULL); /* the answer was lost */
    site_wait();
    ck_assert_str_eq(site.text, "1 owner upload text/plain;");
    struct store_file third = file("3", NULL);
    third.purpose = NULL;
    store_file_add(site.store, &third, 1, &ann, 5000, files_cb, NULL);
    site_wait();
    ck_assert_uint_eq(files(&ann, 0, 1000), 3);
    ck_assert_str_eq(site.text, "3 owner artifact text/plain;2 public upload text/plain;"
                                "1 owner upload text/plain;");
    ck_assert_uint_eq(files(&ann, 1, 1), 3);
    ck_assert_str_eq(site.text, "2 public upload text/plain;");
    ck_assert_uint_eq(files(&ann, 9, 1), 3);
    ck_assert_str_eq(site.text, "");
    ck_assert_uint_eq(files(STORE_SYSTEM, 0, 1000), 0);
    store_server_sql(DATABASE, "UPDATE file SET deleted_at = NOW(6) LIMIT 1;");
    ck_assert_uint_eq(files(&ann, 0, 1000), 2);
    ck_assert_uint_eq(audit((struct store_audit_filter){.kind = "file_uploaded"}), 3);
}
END_TEST

/* ---- the secret ---- */

static void secret_cb(void *arg, enum store_result result, const char *value)
{
    ck_assert_int_eq(result, STORE_OK);
    snprintf(arg, 65, "%s", value);
    site_done_cb(NULL, result);
}

static void settings_cb(void *arg, enum store_result result, const char *const *names,
                        const char *const *values, size_t count)
{
    (void)names;
    (void)values;
    ck_assert_uint_eq(count, 0);
    site_done_cb(arg, result);
}

START_TEST(a_secret_is_made_once_and_kept_to_itself)
{
    char first[65], second[65] = "";
    store_setting_secret(site.store, "some_secret", "aaaa", 5000, secret_cb, first);
    store_setting_secret(site.store, "some_secret", "bbbb", 5000, secret_cb, second);
    while (second[0] == '\0') { /* they are answered in order, perhaps in one turn of the loop */
        site_wait();
    }
    ck_assert_str_eq(first, "aaaa");
    ck_assert_str_eq(second, "aaaa");
    store_setting_list(site.store, 5000, settings_cb, NULL);
    site_wait();
    ck_assert_uint_eq(audit((struct store_audit_filter){0}), 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store_audit");
    TCase *calls = tcase_create("calls");
    tcase_set_timeout(calls, 60);
    tcase_add_checked_fixture(calls, site_open_empty, site_close);
    tcase_add_test(calls, the_trail_is_read_by_kind_actor_and_task);
    tcase_add_test(calls, files_are_added_and_listed_by_owner);
    tcase_add_test(calls, a_secret_is_made_once_and_kept_to_itself);
    suite_add_tcase(suite, calls);
    return suite;
}

int main(void)
{
    return site_main(make_suite());
}
