/* SPDX-License-Identifier: MIT */
/* What somebody may do, the permissions there are, and the rules for passwords. */
#include "supervisor/password.h"
#include "supervisor/permission.h"
#include "supervisor/principal.h"
#include "tests/check_main.h"

#include <stdlib.h>
#include <string.h>

START_TEST(a_user_may_do_what_he_was_granted)
{
    static const char *const codes[] = {"task:view", "task:list", "task:cancel", "task:view",
                                        "a:b"};
    struct principal *user = principal_new(PRINCIPAL_USER, "u-1");

    ck_assert(!principal_may(user, "task:list"));
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        principal_grant(user, codes[i]);
    ck_assert_uint_eq(user->permission_count, 4);
    for (size_t i = 1; i < user->permission_count; i++)
        ck_assert_int_lt(strcmp(user->permissions[i - 1], user->permissions[i]), 0);
    ck_assert(principal_may(user, "task:list"));
    ck_assert(principal_may(user, "a:b"));
    ck_assert(!principal_may(user, "task:lis"));
    ck_assert(!principal_may(user, "task:list "));
    ck_assert(!principal_may(user, "TASK:LIST"));
    ck_assert(!principal_may(user, ""));
    principal_unref(user);
}
END_TEST

START_TEST(who_sees_all_may_do_all)
{
    struct principal *peer = principal_peer(1000);

    ck_assert_str_eq(peer->id, "uid:1000");
    ck_assert(principal_may(peer, "anything:at:all"));
    ck_assert(!principal_ref(peer)->by_cookie);
    principal_unref(peer);
    principal_unref(peer);
    principal_unref(NULL);
}
END_TEST

START_TEST(every_permission_has_words_and_is_found)
{
    const struct permission *permission;
    size_t count = 0;

    for (; (permission = permission_at(count)) != NULL; count++) {
        ck_assert(permission_is_code(permission->code));
        ck_assert_ptr_eq(permission_find(permission->code), permission);
        ck_assert(permission->name[0] != '\0' && permission->description[0] != '\0');
    }
    ck_assert_uint_ge(count, 21);
    ck_assert_ptr_null(permission_find("task"));
}
END_TEST

START_TEST(codes)
{
    static const char *const bad[] = {"",     "task",  "Task:list", "task list:x",
                                      "a:\"", "a:b\n", "é:a"};
    char long_code[200];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!permission_is_code(bad[i]), "%s", bad[i]);
    memset(long_code, 'a', sizeof(long_code));
    long_code[1] = ':';
    long_code[128] = '\0';
    ck_assert(permission_is_code(long_code));
    long_code[128] = 'a';
    long_code[129] = '\0';
    ck_assert(!permission_is_code(long_code));
}
END_TEST

START_TEST(rules_for_passwords)
{
    char password[600];

    ck_assert_ptr_nonnull(password_fault("", "ann"));
    ck_assert_ptr_nonnull(password_fault("1234567", "ann"));
    ck_assert_ptr_null(password_fault("12345678", "ann"));
    ck_assert_ptr_nonnull(password_fault("Annabella", "annabella"));
    ck_assert_ptr_null(password_fault("annabella!", "annabella"));
    memset(password, 'x', sizeof(password));
    password[512] = '\0';
    ck_assert_ptr_null(password_fault(password, "ann"));
    password[512] = 'x';
    password[513] = '\0';
    ck_assert_ptr_nonnull(password_fault(password, "ann"));
}
END_TEST

START_TEST(a_hash_fits_its_password_alone)
{
    char *hash = password_make_hash("correct horse");
    char *again = password_make_hash("correct horse");

    ck_assert_int_eq(strncmp(hash, "$y$", 3), 0);
    ck_assert_str_ne(hash, again); /* its own salt */
    ck_assert(password_fits("correct horse", hash));
    ck_assert(!password_fits("correct horsf", hash));
    ck_assert(!password_fits("", hash));
    ck_assert(!password_fits("correct horse", NULL));
    ck_assert(!password_fits("", ""));
    ck_assert(!password_fits("x", "*"));
    ck_assert(!password_fits("*0", "*0"));
    ck_assert(!password_fits("x", "no hash at all"));
    free(hash);
    free(again);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("principal");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 30);
    tcase_add_test(all, a_user_may_do_what_he_was_granted);
    tcase_add_test(all, who_sees_all_may_do_all);
    tcase_add_test(all, every_permission_has_words_and_is_found);
    tcase_add_test(all, codes);
    tcase_add_test(all, rules_for_passwords);
    tcase_add_test(all, a_hash_fits_its_password_alone);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(make_suite)
