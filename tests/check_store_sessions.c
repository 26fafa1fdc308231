/* SPDX-License-Identifier: MIT */
/* Sessions and API tokens in a real database. */
#include "supervisor/store_sessions.h"
#include "tests/store_site.h"

#include <stdio.h>
#include <string.h>

#define DATABASE "check_store"
#define HASH "$y$hash"

static struct {
    bool found;
    uint64_t row_id;
    char id[ID_SIZE];
    char text[256];
    int64_t ends_in_us, idle_us;
} last;
static enum store_refusal refusal;

/* ---- the calls ---- */

static void user_cb(void *arg, enum store_result result, enum store_refusal why,
                    const struct store_user_row *user)
{
    refusal = why;
    if (user != NULL) {
        snprintf(last.id, sizeof last.id, "%s", user->id);
    }
    site_done_cb(arg, result);
}

static void add(const char *name, const char *email, const char *role)
{
    struct store_user_new user = {
        .username = name, .email = email, .password_hash = HASH, .roles = &role, .role_count = 1};
    id_new(user.id);
    store_user_add(site.store, &user, STORE_SYSTEM, user_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
}

static void change(const char *name, struct store_user_change wanted)
{
    store_user_change(site.store, name, &wanted, STORE_SYSTEM, user_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
}

static void login_cb(void *arg, enum store_result result, const struct store_login_row *row)
{
    last.text[0] = '\0';
    if (row != NULL) {
        snprintf(last.id, sizeof last.id, "%s", row->id);
        snprintf(last.text, sizeof last.text, "%s %s %s", row->username, row->status,
                 row->password_hash != NULL ? row->password_hash : "-");
    }
    site_done_cb(arg, result);
}

/* "" if nobody is found. */
static const char *find(const char *name)
{
    store_login_find(site.store, name, 5000, login_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, last.text[0] != '\0' ? STORE_OK : STORE_NOT_FOUND);
    return last.text;
}

static void signed_in_cb(void *arg, enum store_result result, const struct store_user_row *user,
                         int64_t expires_at_us)
{
    ck_assert_int_eq(result == STORE_OK, user != NULL);
    if (user != NULL) {
        snprintf(last.text, sizeof last.text, "%s %s %zu", user->username, user->roles[0].name,
                 user->roles[0].permission_count);
        ck_assert_int_gt(expires_at_us, 0);
    }
    site_done_cb(arg, result);
}

/* Tokens are numbers here; their hash is that number in hexadecimal. */
static const char *hash_of(unsigned number)
{
    static char hash[STORE_TOKEN_HASH_SIZE];
    snprintf(hash, sizeof hash, "%064x", number);
    return hash;
}

static enum store_result sign_in(const char *name, unsigned token)
{
    struct store_session_new session = {.password_hash = HASH,
                                        .token_hash = hash_of(token),
                                        .address = "192.0.2.7",
                                        .user_agent = "test",
                                        .lifetime_s = 3600};
    find(name);
    session.user_id = last.id;
    id_new(session.id);
    store_sign_in(site.store, &session, 5000, signed_in_cb, NULL);
    site_wait();
    return site.result;
}

static void session_cb(void *arg, enum store_result result, const struct store_session_row *row)
{
    last.found = result == STORE_OK;
    if (row != NULL) {
        last.row_id = row->row_id;
        snprintf(last.id, sizeof last.id, "%s", row->id);
        snprintf(last.text, sizeof last.text, "%s %s %zu %s", row->user.username, row->user.status,
                 row->user.role_count, row->is_token ? "token" : "session");
        last.ends_in_us = row->expires_at_us != 0 ? row->expires_at_us - row->now_us : 0;
        last.idle_us = row->now_us - row->seen_at_us;
    }
    site_done_cb(arg, result);
}

static bool has_session(unsigned token)
{
    store_session_find(site.store, hash_of(token), 5000, session_cb, NULL);
    site_wait();
    ck_assert(site.result == STORE_OK || site.result == STORE_NOT_FOUND);
    return last.found;
}

static void token_cb(void *arg, enum store_result result, enum store_refusal why,
                     const struct store_token_row *token)
{
    refusal = why;
    ck_assert_int_eq(result == STORE_OK, token != NULL);
    if (token != NULL) {
        snprintf(last.id, sizeof last.id, "%s", token->id);
        last.ends_in_us =
            token->expires_at_us != 0 ? token->expires_at_us - token->created_at_us : 0;
    }
    site_done_cb(arg, result);
}

static enum store_result token_add(const struct store_actor *who, const char *user, unsigned number,
                                   unsigned days)
{
    struct store_token_new token = {
        .user = user, .name = "ci", .token_hash = hash_of(number), .days = days};
    id_new(token.id);
    store_token_add(site.store, &token, who, token_cb, NULL);
    site_wait();
    return site.result;
}

static enum store_result token_remove(const struct store_actor *who, const char *user,
                                      const char *id)
{
    char copy[ID_SIZE];
    snprintf(copy, sizeof copy, "%s", id);
    store_token_remove(site.store, user, copy, who, token_cb, NULL);
    site_wait();
    return site.result;
}

static void tokens_cb(void *arg, enum store_result result, const struct store_token_row *rows,
                      size_t count)
{
    (void)rows;
    site.count = count;
    site_done_cb(arg, result);
}

static size_t token_count(const char *user)
{
    store_token_list(site.store, user, 5000, tokens_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    return site.count;
}

static const char *kinds(void)
{
    return store_server_value(DATABASE, "SELECT GROUP_CONCAT(kind ORDER BY id) FROM task_event "
                                        "WHERE kind NOT LIKE 'user%'");
}

/* ---- signing in ---- */

START_TEST(users_are_found_by_name_or_address)
{
    add("ann", "ann@example.org", "viewer");
    add("bob", "twice@example.org", "viewer");
    add("cid", "Twice@example.org", "viewer");
    add("ann@example.net", "", "viewer");
    ck_assert_str_eq(find("ann"), "ann active " HASH);
    ck_assert_str_eq(find("ann@example.org"), "ann active " HASH);
    ck_assert_str_eq(find("ANN@example.org"), "ann active " HASH);
    ck_assert_str_eq(find("ann@example.net"), "ann@example.net active " HASH);
    static const char *const nobody[] = {"",
                                         "ANN",
                                         "ann ",
                                         " ann",
                                         "än n",
                                         "zoe",
                                         "%",
                                         "twice@example.org",
                                         "Twice@example.org",
                                         "ann@example.org ",
                                         "änn@example.org",
                                         "' OR '1'='1"};
    for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
        ck_assert_msg(find(nobody[i])[0] == '\0', "%s", nobody[i]);
    }
    change("ann", (struct store_user_change){.status = "disabled"});
    ck_assert_str_eq(find("ann"), "ann disabled " HASH);
    store_server_sql(DATABASE, "UPDATE user SET password_hash = NULL WHERE username = 'ann';");
    ck_assert_str_eq(find("ann"), "ann disabled -");
    store_server_sql(DATABASE, "UPDATE user SET deleted_at = NOW(6) WHERE username = 'ann';");
    ck_assert_str_eq(find("ann"), "");
}
END_TEST

START_TEST(a_session_begins_and_ends)
{
    add("ann", "", "viewer");
    ck_assert_int_eq(sign_in("ann", 1), STORE_OK);
    ck_assert_str_eq(last.text, "ann viewer 5");
    ck_assert(has_session(1));
    ck_assert_str_eq(last.text, "ann active 1 session");
    ck_assert_int_gt(last.ends_in_us, 3500 * 1000000LL);
    ck_assert_int_le(last.ends_in_us, 3600 * 1000000LL);
    ck_assert_int_lt(last.idle_us, 60 * 1000000LL);
    ck_assert(!has_session(2));
    ck_assert_str_eq(store_server_rows(DATABASE, "SELECT address, user_agent, "
                                                 "(SELECT last_login IS NOT NULL FROM user) "
                                                 "FROM session"),
                     "192.0.2.7|test|1\n");
    store_sign_out(site.store, last.id, SITE_ACTOR("u-1"), site_done_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    ck_assert(!has_session(1));
    store_sign_out(site.store, last.id, SITE_ACTOR("u-1"), site_done_cb, NULL);
    site_wait();
    ck_assert_int_eq(site.result, STORE_OK);
    ck_assert_str_eq(kinds(), "signed_in,signed_out");
}
END_TEST

START_TEST(what_changed_while_it_was_checked_counts)
{
    add("ann", "", "viewer");
    store_server_sql(DATABASE, "UPDATE user SET password_hash = '$y$new';");
    ck_assert_int_eq(sign_in("ann", 1), STORE_CONFLICT);
    store_server_sql(DATABASE, "UPDATE user SET password_hash = '" HASH "', status = 'locked';");
    ck_assert_int_eq(sign_in("ann", 2), STORE_CONFLICT);
    ck_assert(!has_session(1) && !has_session(2));
}
END_TEST

START_TEST(failures_are_written_without_what_was_typed)
{
    struct store_sign_in_failure failure = {.reason = "unknown user", .address = "192.0.2.9"};
    store_sign_in_failed(site.store, &failure, 5000, site_done_cb, NULL);
    site_wait();
    failure = (struct store_sign_in_failure){
        .user_id = "u-1", .username = "ann", .reason = "wrong password"};
    store_sign_in_failed(site.store, &failure, 5000, site_done_cb, NULL);
    site_wait();
    ck_assert_str_eq(store_server_rows(DATABASE, "SELECT actor, COALESCE(address, ''), detail "
                                                 "FROM task_event ORDER BY id"),
                     "|192.0.2.9|{\"reason\":\"unknown user\"}\n"
                     "u-1||{\"user\":\"ann\",\"reason\":\"wrong password\"}\n");
}
END_TEST

START_TEST(a_user_has_a_bounded_number_of_sessions)
{
    add("ann", "", "viewer");
    add("bob", "", "viewer");
    ck_assert_int_eq(sign_in("bob", 1000), STORE_OK);
    ck_assert_int_eq(token_add(STORE_SYSTEM, "ann", 2000, 0), STORE_OK);
    for (unsigned i = 1; i <= 55; i++) {
        ck_assert_int_eq(sign_in("ann", i), STORE_OK);
    }
    ck_assert(!has_session(5));
    ck_assert(has_session(6));
    ck_assert(has_session(1000));
    ck_assert(has_session(2000));
}
END_TEST

/* ---- while they last ---- */

START_TEST(sessions_are_touched_and_swept)
{
    uint64_t row_ids[2];
    add("ann", "", "viewer");
    for (unsigned i = 1; i <= 4; i++) {
        sign_in("ann", i);
    }
    token_add(STORE_SYSTEM, "ann", 5, 0);
    token_add(STORE_SYSTEM, "ann", 6, 1);
    store_server_sql(DATABASE,
                     "UPDATE session SET seen_at = NOW(6) - INTERVAL 3 HOUR;"
                     "UPDATE session SET expires_at = NOW(6) - INTERVAL 1 SECOND WHERE "
                     "token_hash IN (UNHEX(LPAD('4', 64, '0')), UNHEX(LPAD('6', 64, '0')));");
    ck_assert(has_session(1));
    row_ids[0] = last.row_id;
    ck_assert_int_gt(last.idle_us, 10000 * 1000000LL);
    ck_assert(has_session(4));
    ck_assert_int_lt(last.ends_in_us, 0);
    row_ids[1] = last.row_id;
    store_session_touch(site.store, row_ids, 2);
    store_session_touch(site.store, row_ids, 0);
    store_session_sweep(site.store, 7200);
    store_sign_out(site.store, "none", SITE_ACTOR("u-1"), site_done_cb,
                   NULL); /* comes after them */
    site_wait();
    ck_assert(has_session(1));
    ck_assert_int_lt(last.idle_us, 60 * 1000000LL);
    ck_assert(!has_session(2) && !has_session(3)); /* idle */
    ck_assert(!has_session(4));                    /* its absolute end */
    ck_assert(has_session(5));
    ck_assert(!has_session(6));
}
END_TEST

/* ---- API tokens ---- */

START_TEST(tokens_are_added_and_removed)
{
    char id[ID_SIZE];
    add("ann", "", "viewer");
    add("bob", "", "viewer");
    ck_assert_int_eq(token_add(STORE_SYSTEM, "ann", 1, 0), STORE_OK);
    ck_assert_int_eq(last.ends_in_us, 0);
    ck_assert_int_eq(token_add(STORE_SYSTEM, "ann", 2, 30), STORE_OK);
    ck_assert_int_eq(last.ends_in_us, 30 * 86400 * 1000000LL);
    snprintf(id, sizeof id, "%s", last.id);
    ck_assert_int_eq(token_add(STORE_SYSTEM, "zoe", 3, 0), STORE_NOT_FOUND);
    ck_assert_uint_eq(token_count("ann"), 2);
    ck_assert(has_session(1));
    ck_assert_str_eq(last.text, "ann active 1 token");
    ck_assert_int_eq(token_remove(STORE_SYSTEM, "bob", id), STORE_NOT_FOUND);
    ck_assert_int_eq(token_remove(STORE_SYSTEM, "ann", id), STORE_OK);
    ck_assert_int_eq(token_remove(STORE_SYSTEM, "ann", id), STORE_NOT_FOUND);
    ck_assert_uint_eq(token_count("ann"), 1);
    change("ann", (struct store_user_change){.password_hash = "$y$new"});
    ck_assert_uint_eq(token_count("ann"), 0);
    ck_assert_str_eq(kinds(), "token_created,token_created,token_deleted,password_changed");
    ck_assert_str_eq(store_server_value(DATABASE, "SELECT COUNT(*) FROM task_event "
                                                  "WHERE detail LIKE '%00000001%'"),
                     "0");
}
END_TEST

START_TEST(a_token_gives_no_more_than_its_maker_has)
{
    add("ann", "", "admin");
    add("olga", "", "operator");
    add("vic", "", "viewer");
    struct store_actor vic = {.id = last.id};
    char id[ID_SIZE];
    snprintf(id, sizeof id, "%s", last.id);
    vic.id = id;
    ck_assert_int_eq(token_add(&vic, "ann", 1, 0), STORE_CONFLICT);
    ck_assert_int_eq(refusal, STORE_REFUSAL_RIGHTS);
    ck_assert_int_eq(token_add(&vic, "olga", 2, 0), STORE_CONFLICT);
    ck_assert_int_eq(refusal, STORE_REFUSAL_RIGHTS);
    ck_assert_int_eq(token_add(&vic, "vic", 3, 0), STORE_OK);
    ck_assert_int_eq(token_add(STORE_SYSTEM, "ann", 4, 0), STORE_OK);
    ck_assert_int_eq(token_remove(&vic, "ann", last.id), STORE_CONFLICT);
}
END_TEST

START_TEST(a_user_has_a_bounded_number_of_tokens)
{
    add("ann", "", "viewer");
    store_server_sql(DATABASE,
                     "INSERT INTO session (uuid, user_id, kind, token_hash, created_at, seen_at) "
                     "SELECT UUID(), user.id, 'api', UNHEX(LPAD(seq + 1000, 64, '0')), NOW(6), "
                     "NOW(6) FROM user, seq_1_to_99;");
    ck_assert_int_eq(token_add(STORE_SYSTEM, "ann", 1, 0), STORE_OK);
    ck_assert_int_eq(token_add(STORE_SYSTEM, "ann", 2, 0), STORE_CONFLICT);
    ck_assert_int_eq(refusal, STORE_REFUSAL_TOO_MANY);
    ck_assert_uint_eq(token_count("ann"), 100);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store_sessions");
    TCase *calls = tcase_create("calls");
    tcase_set_timeout(calls, 60);
    tcase_add_checked_fixture(calls, site_open_empty, site_close);
    tcase_add_test(calls, users_are_found_by_name_or_address);
    tcase_add_test(calls, a_session_begins_and_ends);
    tcase_add_test(calls, what_changed_while_it_was_checked_counts);
    tcase_add_test(calls, failures_are_written_without_what_was_typed);
    tcase_add_test(calls, a_user_has_a_bounded_number_of_sessions);
    tcase_add_test(calls, sessions_are_touched_and_swept);
    tcase_add_test(calls, tokens_are_added_and_removed);
    tcase_add_test(calls, a_token_gives_no_more_than_its_maker_has);
    tcase_add_test(calls, a_user_has_a_bounded_number_of_tokens);
    suite_add_tcase(suite, calls);
    return suite;
}

int main(void)
{
    return site_main(make_suite());
}
