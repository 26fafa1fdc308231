/* SPDX-License-Identifier: MIT */
/* Users and roles in a real database: what is stored, who may change what, and what is written
 * about it. */
#include "supervisor/store_users.h"
#include "tests/store_site.h"

#include <stdio.h>
#include <string.h>

#define DATABASE "check_store"
#define HASH "$y$hash"

static enum store_refusal refusal;
static char last_id[ID_SIZE]; /* of the user or role answered last */

/* ---- the calls, one after the other ---- */

static void write_user(const struct store_user_row *user)
{
    size_t length = strlen(site.text);
    if (length > sizeof site.text - 512) {
        return; /* the beginning will do */
    }
    length += (size_t)snprintf(site.text + length, sizeof site.text - length, "%s|%s|%s|",
                               user->username, user->full_name, user->status);
    for (size_t i = 0; i < user->role_count; i++) {
        length += (size_t)snprintf(site.text + length, sizeof site.text - length, "%s%s",
                                   i > 0 ? "," : "", user->roles[i].name);
    }
    snprintf(site.text + length, sizeof site.text - length, ";");
}

static void users_cb(void *arg, enum store_result result, const struct store_user_row *rows,
                     size_t count, uint64_t total)
{
    site.text[0] = '\0';
    site.total = total;
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_null(rows[i].role_count > 0 ? rows[i].roles[0].permissions : NULL);
        write_user(&rows[i]);
    }
    site_done_cb(arg, result);
}

static void user_cb(void *arg, enum store_result result, enum store_refusal why,
                    const struct store_user_row *user)
{
    site.text[0] = '\0';
    refusal = why;
    ck_assert_int_eq(result == STORE_OK, user != NULL);
    if (user != NULL) {
        write_user(user);
        snprintf(last_id, sizeof last_id, "%s", user->id);
        for (size_t i = 0; i < user->role_count; i++) {
            ck_assert_ptr_nonnull(user->roles[i].permissions);
        }
    }
    site_done_cb(arg, result);
}

static void role_cb(void *arg, enum store_result result, enum store_refusal why,
                    const struct store_role_row *role)
{
    refusal = why;
    site.text[0] = '\0';
    for (size_t i = 0; role != NULL && i < role->permission_count; i++) {
        size_t length = strlen(site.text);
        snprintf(site.text + length, sizeof site.text - length, "%s;", role->permissions[i]);
    }
    site_done_cb(arg, result);
}

/* `roles`: names joined by blanks. */
static size_t split(const char *roles, char copy[128], const char *names[8])
{
    size_t count = 0;
    snprintf(copy, 128, "%s", roles);
    for (char *name = strtok(copy, " "); name != NULL; name = strtok(NULL, " ")) {
        names[count++] = name;
    }
    return count;
}

static enum store_result add_as(const struct store_actor *who, const char *name, const char *roles)
{
    char copy[128];
    const char *names[8];
    struct store_user_new user = {.username = name,
                                  .email = "a@example.org",
                                  .full_name = "Änn Ex",
                                  .password_hash = HASH,
                                  .roles = names,
                                  .role_count = split(roles, copy, names)};
    id_new(user.id);
    store_user_add(site.store, &user, who, user_cb, NULL);
    site_wait();
    return site.result;
}

static enum store_result add(const char *name, const char *roles)
{
    return add_as(STORE_SYSTEM, name, roles);
}

static enum store_result change_as(const struct store_actor *who, const char *name,
                                   struct store_user_change change, const char *roles)
{
    char copy[128];
    const char *names[8];
    if (roles != NULL) {
        change.role_count = split(roles, copy, names);
        change.roles = names;
    }
    store_user_change(site.store, name, &change, who, user_cb, NULL);
    site_wait();
    return site.result;
}

static enum store_result change(const char *name, struct store_user_change wanted)
{
    return change_as(STORE_SYSTEM, name, wanted, NULL);
}

static enum store_result set_roles(const char *name, const char *roles)
{
    return change_as(STORE_SYSTEM, name, (struct store_user_change){.email = NULL}, roles);
}

static void list(const char *keywords, const char *status, unsigned page_size)
{
    struct store_user_filter filter = {
        .keywords = keywords, .status = status, .page = 1, .page_size = page_size};
    store_user_list(site.store, &filter, 5000, users_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
}

static enum store_result role_add(const struct store_actor *who, const char *name,
                                  const char *codes)
{
    char id[ID_SIZE], copy[128];
    const char *permissions[8];
    struct store_role_change role = {.id = id,
                                     .name = name,
                                     .description = "",
                                     .permissions = permissions,
                                     .permission_count = split(codes, copy, permissions)};
    id_new(id);
    store_role_add(site.store, &role, who, role_cb, NULL);
    site_wait();
    return site.result;
}

static enum store_result role_change(const struct store_actor *who, const char *role,
                                     const char *name, const char *codes)
{
    char copy[128];
    const char *permissions[8];
    struct store_role_change wanted = {.name = name};
    if (codes != NULL) {
        wanted.permission_count = split(codes, copy, permissions);
        wanted.permissions = permissions;
    }
    store_role_change(site.store, role, &wanted, who, role_cb, NULL);
    site_wait();
    return site.result;
}

static enum store_result role_delete(const struct store_actor *who, const char *role)
{
    store_role_delete(site.store, role, who, role_cb, NULL);
    site_wait();
    return site.result;
}

static void give_session(const char *name)
{
    char statement[256];
    snprintf(statement, sizeof statement,
             "INSERT INTO session (uuid, user_id, token_hash, created_at, seen_at, expires_at) "
             "SELECT UUID(), id, RANDOM_BYTES(32), NOW(6), NOW(6), NOW(6) FROM user "
             "WHERE username = '%s';",
             name);
    store_server_sql(DATABASE, statement);
}

static const char *sessions(void)
{
    return store_server_value(DATABASE, "SELECT COUNT(*) FROM session");
}

static const char *kinds(void)
{
    return store_server_value(
        DATABASE, "SELECT COALESCE(GROUP_CONCAT(kind ORDER BY id), '') FROM task_event");
}

static void ck_refused(enum store_result result, enum store_refusal wanted)
{
    ck_assert_int_eq(result, STORE_CONFLICT);
    ck_assert_int_eq(refusal, wanted);
}

static void set_up(void)
{
    site_open_empty();
    store_server_sql(DATABASE, "DELETE FROM role WHERE role_type = 'user';");
}

/* ---- adding and listing ---- */

START_TEST(users_are_added_and_listed)
{
    ck_assert_int_eq(add("ann", "admin"), STORE_OK);
    ck_assert_str_eq(site.text, "ann|Änn Ex|active|admin;");
    ck_assert_int_eq(add("b%b", "operator viewer"), STORE_OK);
    list(NULL, NULL, 10);
    ck_assert_str_eq(site.text, "b%b|Änn Ex|active|operator,viewer;ann|Änn Ex|active|admin;");
    list("Ann", NULL, 1);
    ck_assert_uint_eq(site.total, 2); /* in both full names */
    ck_assert_str_eq(site.text, "b%b|Änn Ex|active|operator,viewer;");
    list("%", NULL, 10);
    ck_assert_uint_eq(site.total, 1);
    ck_assert_int_eq(change("b%b", (struct store_user_change){.status = "disabled"}), STORE_OK);
    list(NULL, "disabled", 10);
    ck_assert_str_eq(site.text, "b%b|Änn Ex|disabled|operator,viewer;");
    list("ann", "disabled", 10);
    ck_assert_uint_eq(site.total, 1);
    ck_assert_str_eq(kinds(), "user_created,user_created,user_disabled");
}
END_TEST

START_TEST(names_do_not_look_like_others)
{
    ck_assert_int_eq(add("admin", "viewer"), STORE_OK);
    ck_refused(add("admin", "viewer"), STORE_REFUSAL_NAME_TAKEN);
    ck_refused(add("Admin", "viewer"), STORE_REFUSAL_NAME_TAKEN);
    ck_refused(add("ADMIN", "viewer"), STORE_REFUSAL_NAME_TAKEN);
    ck_refused(add("bob", "king"), STORE_REFUSAL_NO_ROLE);
    ck_refused(add("bob", "Admin"), STORE_REFUSAL_NO_ROLE);
    ck_refused(add("bob", "admin2"), STORE_REFUSAL_NO_ROLE);
    ck_assert_int_eq(change("admin ", (struct store_user_change){.phone = "1"}), STORE_NOT_FOUND);
    ck_assert_int_eq(change("ADMIN", (struct store_user_change){.phone = "1"}), STORE_NOT_FOUND);
    ck_assert_str_eq(store_server_value(DATABASE, "SELECT COUNT(*) FROM user"), "1");
}
END_TEST

/* What happens when the answer to a COMMIT is lost. */
START_TEST(adding_twice_adds_once)
{
    const char *roles[] = {"viewer"};
    struct store_user_new user = {.username = "ann", .roles = roles, .role_count = 1};
    id_new(user.id);
    for (int i = 0; i < 2; i++) {
        store_user_add(site.store, &user, STORE_SYSTEM, user_cb, NULL);
        site_wait();
        ck_assert_int_eq(site.result, STORE_OK);
        ck_assert_str_eq(last_id, user.id);
    }
    ck_assert_str_eq(store_server_value(DATABASE, "SELECT COUNT(*) FROM user_role"), "1");
}
END_TEST

START_TEST(large_pages_have_all_roles)
{
    store_server_sql(DATABASE, "INSERT INTO user (uuid, username, created_at, updated_at) "
                               "SELECT UUID(), CONCAT('u', seq), NOW(6), NOW(6) FROM seq_1_to_700;"
                               "INSERT INTO user_role SELECT user.id, role.id FROM user JOIN role "
                               "ON role.name IN ('operator', 'viewer');");
    list(NULL, NULL, 1000);
    ck_assert_uint_eq(site.total, 700);
    ck_assert_int_eq(strncmp(site.text, "u700||active|operator,viewer;u699||", 35), 0);
}
END_TEST

/* ---- changing ---- */

START_TEST(what_is_not_named_stays)
{
    add("ann", "viewer");
    ck_assert_int_eq(change("ann", (struct store_user_change){.phone = "+49 30", .full_name = ""}),
                     STORE_OK);
    ck_assert_str_eq(site.text, "ann||active|viewer;");
    ck_assert_str_eq(store_server_rows(DATABASE, "SELECT email, phone, password_hash FROM user"),
                     "a@example.org|+49 30|" HASH "\n");
    ck_assert_int_eq(change(last_id, (struct store_user_change){.avatar = "/a.png"}), STORE_OK);
    ck_assert_int_eq(change("zoe", (struct store_user_change){.phone = "1"}), STORE_NOT_FOUND);
    ck_assert_str_eq(kinds(), "user_created,user_changed,user_changed");
}
END_TEST

START_TEST(changes_of_access_end_sessions)
{
    add("ann", "viewer");
    add("bob", "viewer");
    give_session("bob");
    give_session("ann");
    change("ann", (struct store_user_change){.full_name = "X"});
    change("ann", (struct store_user_change){.status = "active"});
    ck_assert_str_eq(sessions(), "2");
    change("ann", (struct store_user_change){.password_hash = "$y$other"});
    ck_assert_str_eq(sessions(), "1");
    give_session("ann");
    set_roles("ann", "operator");
    ck_assert_str_eq(sessions(), "1");
    give_session("ann");
    change("ann", (struct store_user_change){.status = "disabled"});
    ck_assert_str_eq(sessions(), "1");
    change("ann", (struct store_user_change){.status = "active"});
    ck_assert_str_eq(store_server_value(DATABASE, "SELECT password_hash FROM user WHERE username = "
                                                  "'ann'"),
                     "$y$other");
    ck_assert_str_eq(kinds(), "user_created,user_created,user_changed,password_changed,"
                              "user_changed,user_disabled,user_enabled");
    ck_assert_str_eq(
        store_server_value(DATABASE, "SELECT COUNT(*) FROM task_event WHERE detail LIKE '%$y$%'"),
        "0");
}
END_TEST

START_TEST(the_last_administrator_stays)
{
    add("ann", "admin");
    add("off", "admin");
    change("off", (struct store_user_change){.status = "disabled"});
    ck_refused(change("ann", (struct store_user_change){.status = "disabled"}),
               STORE_REFUSAL_LAST_ADMIN);
    ck_refused(set_roles("ann", "viewer"), STORE_REFUSAL_LAST_ADMIN);
    ck_refused(set_roles("ann", ""), STORE_REFUSAL_LAST_ADMIN);
    ck_assert_int_eq(set_roles("ann", "admin viewer"), STORE_OK);
    ck_assert_int_eq(set_roles("off", "viewer"), STORE_OK); /* he was none that counts */
    ck_assert_int_eq(add("bea", "admin"), STORE_OK);
    ck_assert_int_eq(set_roles("ann", "viewer"), STORE_OK);
    ck_refused(change("bea", (struct store_user_change){.status = "disabled"}),
               STORE_REFUSAL_LAST_ADMIN);
}
END_TEST

/* ---- rights ---- */

/* A user who may change users and roles, but is no administrator. */
static struct store_actor make_manager(void)
{
    static char id[ID_SIZE];
    role_add(STORE_SYSTEM, "manager",
             "authorization:user:update authorization:role:update task:list task:view");
    add("mia", "manager");
    snprintf(id, sizeof id, "%s", last_id);
    return (struct store_actor){.id = id, .address = "192.0.2.7"};
}

START_TEST(nobody_gives_what_he_does_not_have)
{
    struct store_actor mia = make_manager();
    add("ann", "admin");
    add("olga", "operator");
    role_add(STORE_SYSTEM, "reader", "task:list task:view");
    add("ray", "reader");

    ck_refused(add_as(&mia, "eve", "admin"), STORE_REFUSAL_RIGHTS);
    ck_refused(add_as(&mia, "eve", "viewer"), STORE_REFUSAL_RIGHTS); /* may export users */
    ck_refused(add_as(&mia, "eve", "reader operator"), STORE_REFUSAL_RIGHTS);
    ck_assert_int_eq(add_as(&mia, "eve", "reader"), STORE_OK);
    ck_refused(change_as(&mia, "mia", (struct store_user_change){.email = NULL}, "manager admin"),
               STORE_REFUSAL_RIGHTS);
    ck_refused(change_as(&mia, "ann", (struct store_user_change){.full_name = "X"}, NULL),
               STORE_REFUSAL_RIGHTS);
    ck_refused(change_as(&mia, "ann", (struct store_user_change){.status = "disabled"}, NULL),
               STORE_REFUSAL_RIGHTS);
    ck_refused(change_as(&mia, "ann", (struct store_user_change){.email = NULL}, "reader"),
               STORE_REFUSAL_RIGHTS);
    /* With his password she would be an operator. */
    ck_refused(change_as(&mia, "olga", (struct store_user_change){.password_hash = "$y$x"}, NULL),
               STORE_REFUSAL_RIGHTS);
    ck_assert_int_eq(
        change_as(&mia, "ray", (struct store_user_change){.password_hash = "$y$x"}, NULL),
        STORE_OK);
    /* What somebody has already is not given. */
    ck_assert_int_eq(
        change_as(&mia, "olga", (struct store_user_change){.full_name = "O"}, "operator reader"),
        STORE_OK);
    ck_assert_str_eq(
        store_server_value(DATABASE, "SELECT GROUP_CONCAT(DISTINCT address) FROM task_event"),
        "192.0.2.7");
}
END_TEST

START_TEST(nobody_makes_a_role_of_what_he_does_not_have)
{
    struct store_actor mia = make_manager();
    ck_refused(role_add(&mia, "king", "task:delete"), STORE_REFUSAL_RIGHTS);
    ck_assert_int_eq(role_add(&mia, "reader", "task:list"), STORE_OK);
    ck_refused(role_change(&mia, "reader", NULL, "task:list task:delete"), STORE_REFUSAL_RIGHTS);
    ck_refused(role_change(&mia, "manager", NULL, "task:list task:delete"), STORE_REFUSAL_RIGHTS);
    ck_refused(role_change(&mia, "operator", NULL, "task:list"), STORE_REFUSAL_RIGHTS);
    ck_assert_int_eq(role_change(&mia, "reader", "lurker", "task:list task:view"), STORE_OK);
    ck_assert_str_eq(site.text, "task:list;task:view;");
    ck_assert_int_eq(role_delete(&mia, "lurker"), STORE_OK);
    /* Rights are those of this moment. */
    ck_assert_int_eq(role_change(STORE_SYSTEM, "manager", NULL, ""), STORE_OK);
    ck_refused(role_add(&mia, "reader", "task:list"), STORE_REFUSAL_RIGHTS);
    ck_assert_int_eq(change("mia", (struct store_user_change){.status = "disabled"}), STORE_OK);
    ck_refused(add_as(&(struct store_actor){.id = "nobody"}, "eve", "viewer"),
               STORE_REFUSAL_RIGHTS);
}
END_TEST

/* ---- roles ---- */

START_TEST(roles_are_added_changed_and_deleted)
{
    ck_assert_int_eq(role_add(STORE_SYSTEM, "auditor", "system:audit:view task:list"), STORE_OK);
    ck_assert_str_eq(site.text, "system:audit:view;task:list;");
    ck_refused(role_add(STORE_SYSTEM, "Auditor", ""), STORE_REFUSAL_NAME_TAKEN);
    ck_refused(role_change(STORE_SYSTEM, "auditor", "VIEWER", NULL), STORE_REFUSAL_NAME_TAKEN);
    ck_assert_int_eq(role_change(STORE_SYSTEM, "auditor", "Auditor", NULL), STORE_OK);
    ck_assert_str_eq(site.text, "system:audit:view;task:list;");
    ck_assert_int_eq(role_change(STORE_SYSTEM, "auditor", NULL, ""), STORE_NOT_FOUND);
    add("ann", "Auditor viewer");
    add("bob", "viewer");
    give_session("ann");
    give_session("bob");
    ck_assert_int_eq(role_delete(STORE_SYSTEM, "Auditor"), STORE_OK);
    ck_assert_str_eq(sessions(), "1");
    list("ann", NULL, 10);
    ck_assert_int_eq(role_delete(STORE_SYSTEM, "Auditor"), STORE_NOT_FOUND);
    ck_assert_str_eq(store_server_value(DATABASE,
                                        "SELECT GROUP_CONCAT(kind ORDER BY id) FROM task_event "
                                        "WHERE kind LIKE 'role%'"),
                     "role_created,role_changed,role_deleted");
}
END_TEST

START_TEST(the_roles_of_the_product_stay)
{
    ck_refused(role_delete(STORE_SYSTEM, "admin"), STORE_REFUSAL_SYSTEM_ROLE);
    ck_refused(role_delete(STORE_SYSTEM, "viewer"), STORE_REFUSAL_SYSTEM_ROLE);
    ck_refused(role_change(STORE_SYSTEM, "operator", "boss", NULL), STORE_REFUSAL_SYSTEM_ROLE);
    ck_refused(role_change(STORE_SYSTEM, "admin", NULL, "task:list"), STORE_REFUSAL_SYSTEM_ROLE);
    ck_assert_int_eq(role_change(STORE_SYSTEM, "viewer", "viewer", NULL), STORE_OK);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store_users");
    TCase *users = tcase_create("users"), *roles = tcase_create("roles");
    tcase_set_timeout(users, 60);
    tcase_set_timeout(roles, 60);
    tcase_add_checked_fixture(users, set_up, site_close);
    tcase_add_checked_fixture(roles, set_up, site_close);
    tcase_add_test(users, users_are_added_and_listed);
    tcase_add_test(users, names_do_not_look_like_others);
    tcase_add_test(users, adding_twice_adds_once);
    tcase_add_test(users, large_pages_have_all_roles);
    tcase_add_test(users, what_is_not_named_stays);
    tcase_add_test(users, changes_of_access_end_sessions);
    tcase_add_test(users, the_last_administrator_stays);
    tcase_add_test(users, nobody_gives_what_he_does_not_have);
    tcase_add_test(roles, nobody_makes_a_role_of_what_he_does_not_have);
    tcase_add_test(roles, roles_are_added_changed_and_deleted);
    tcase_add_test(roles, the_roles_of_the_product_stay);
    suite_add_tcase(suite, users);
    suite_add_tcase(suite, roles);
    return suite;
}

int main(void)
{
    return site_main(make_suite());
}
