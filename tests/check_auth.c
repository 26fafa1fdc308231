/* SPDX-License-Identifier: MIT */
/* Credentials to principals: odd ones fail closed, sessions are kept for some time and forgotten
 * when told. The store is played by the test. */
#include "supervisor/app.h"
#include "supervisor/auth.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/credentials.h"
#include "supervisor/store_sessions.h"
#include "tests/check_main.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#define TOKEN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SESSION_ID "00000000-0000-4000-8000-000000000001"
#define HOUR_US 3600000000LL

/* ---- the form ---- */

START_TEST(tokens_are_random_and_hashed)
{
    char a[TOKEN_SIZE], b[TOKEN_SIZE], hash[TOKEN_HASH_SIZE];
    unsigned char one[TOKEN_HASH_BYTES], other[TOKEN_HASH_BYTES];

    token_new(a);
    token_new(b);
    ck_assert(token_is_well_formed(a) && token_is_well_formed(b));
    ck_assert_str_ne(a, b);
    token_hash("abc", hash);
    ck_assert_str_eq(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    token_digest("abc", one);
    token_digest("abd", other);
    ck_assert(token_digest_equal(one, one));
    ck_assert(!token_digest_equal(one, other));
}
END_TEST

/* Base64 of SESSION_ID ":" TOKEN, with its padding. */
#define PAIR                                                                                       \
    "MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxOkFBQUFBQUFB"                                 \
    "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="

START_TEST(good_forms)
{
    struct credentials bearer = credentials_read("Bearer " TOKEN, NULL);
    struct credentials basic = credentials_read("basic " PAIR, "x");
    struct credentials cookie = credentials_read(NULL, TOKEN);

    ck_assert_int_eq(bearer.kind, CREDENTIALS_TOKEN);
    ck_assert_str_eq(bearer.token, TOKEN);
    ck_assert_str_eq(bearer.id, "");
    ck_assert(!bearer.by_cookie);
    ck_assert_int_eq(basic.kind, CREDENTIALS_TOKEN);
    ck_assert_str_eq(basic.token, TOKEN);
    ck_assert_str_eq(basic.id, SESSION_ID);
    ck_assert_int_eq(cookie.kind, CREDENTIALS_TOKEN);
    ck_assert(cookie.by_cookie);
    ck_assert_int_eq(credentials_read(NULL, NULL).kind, CREDENTIALS_NONE);
}
END_TEST

static const char *const odd_headers[] = {
    "",
    " ",
    "Bearer",
    "Bearer ",
    "Bearer  " TOKEN,
    "Bearer " TOKEN " ",
    "Bearer " TOKEN "A",
    "Bearer " TOKEN " " TOKEN,
    "Bearer " TOKEN "," TOKEN,
    "Bearer " TOKEN ", Bearer " TOKEN,
    "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+",
    "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/",
    "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\xc3\xa9",
    "Bearer 0",
    "Bearer 0x0",
    "Bearer null",
    "Bearer undefined",
    "Bearer \"" TOKEN "\"",
    "Bearer\t" TOKEN,
    "Bearer:" TOKEN,
    "Bearer=" TOKEN,
    "Token " TOKEN,
    "Digest " TOKEN,
    "Negotiate " TOKEN,
    "BearerBearer " TOKEN,
    TOKEN,
    "' OR 1=1 --",
    "Bearer ' OR 1=1 --",
    "Bearer %00",
    "Basic",
    "Basic ",
    "Basic :",
    "Basic Og==",
    "Basic YWRtaW46YWRtaW4=",
    "Basic " TOKEN,
    "Basic " PAIR "=",
    "Basic " PAIR "AAAA",
    "Basic =" PAIR,
    "Basic " PAIR " " PAIR,
    "Basic ====",
    "Basic MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxOg==",
    "Basic OkFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB",
    "Basic \xff\xff\xff\xff",
    "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoiMSJ9.",
};

START_TEST(odd_headers_are_refused)
{
    static char over_long[70000] = "Bearer ";

    for (size_t i = 0; i < sizeof(odd_headers) / sizeof(odd_headers[0]); i++)
        ck_assert_msg(credentials_read(odd_headers[i], TOKEN).kind == CREDENTIALS_REFUSED, "%s",
                      odd_headers[i]);
    memset(&over_long[7], 'A', sizeof(over_long) - 8);
    ck_assert_int_eq(credentials_read(over_long, NULL).kind, CREDENTIALS_REFUSED);
    memcpy(over_long, "Basic  ", 7);
    ck_assert_int_eq(credentials_read(over_long, NULL).kind, CREDENTIALS_REFUSED);
}
END_TEST

START_TEST(odd_cookies_are_none)
{
    static const char *const cookies[] = {"", "0", "deleted", TOKEN "A", "\"" TOKEN "\"", "%41"};

    for (size_t i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++)
        ck_assert_int_eq(credentials_read(NULL, cookies[i]).kind, CREDENTIALS_NONE);
}
END_TEST

/* ---- the store, as the test wants it ---- */

static struct reading {
    store_session_fn done;
    void *arg;
} readings[4];
static size_t asked, touched, swept;
static struct app app;
static struct config config;

void store_session_find(struct store *store, const char *hash, unsigned deadline_ms,
                        store_session_fn done, void *arg)
{
    (void)store, (void)hash, (void)deadline_ms;
    ck_assert_uint_lt(asked, 4);
    readings[asked++] = (struct reading){done, arg};
}

void store_session_touch(struct store *store, const uint64_t *row_ids, size_t count)
{
    (void)store, (void)row_ids;
    touched += count;
}

void store_session_sweep(struct store *store, unsigned idle_s)
{
    (void)store, (void)idle_s;
    swept++;
}

enum store_state store_state(const struct store *store, const char **why)
{
    (void)store, (void)why;
    return STORE_READY;
}

static struct store_session_row session_row(void)
{
    static const char *const codes[] = {"task:list"};
    static const struct store_role_row role = {
        .id = "r", .name = "viewer", .permissions = codes, .permission_count = 1};

    return (struct store_session_row){
        .row_id = 7,
        .id = SESSION_ID,
        .now_us = 10 * HOUR_US,
        .seen_at_us = 10 * HOUR_US,
        .expires_at_us = 11 * HOUR_US,
        .user = {
            .id = "u-1", .username = "ann", .status = "active", .roles = &role, .role_count = 1}};
}

static void answer(enum store_result result, const struct store_session_row *row)
{
    struct reading reading = readings[0];

    ck_assert_uint_gt(asked, 0);
    memmove(readings, &readings[1], sizeof(readings) - sizeof(readings[0]));
    asked--;
    reading.done(reading.arg, result, result == STORE_OK ? row : NULL);
}

/* ---- who asks ---- */

static struct outcome {
    unsigned count;
    enum auth_outcome outcome;
    char why[64];
    struct principal *principal;
} last;

static void identified(void *arg, enum auth_outcome outcome, struct principal *principal,
                       const char *why)
{
    (void)arg;
    principal_unref(last.principal);
    last.count++;
    last.outcome = outcome;
    last.principal = principal;
    snprintf(last.why, sizeof(last.why), "%s", why != NULL ? why : "");
}

static void ask(const char *authorization, const char *cookie)
{
    struct auth_credentials given = {.authorization = authorization, .cookie = cookie};

    auth_identify(&app, &given, 230, identified, NULL);
}

static void set_up(void)
{
    config.sign_in.session_idle_s = 7200;
    app = (struct app){.base = event_base_new(), .config = &config};
    app.auth = auth_new(&app);
    asked = touched = 0;
    memset(&last, 0, sizeof(last));
}

static void tear_down(void)
{
    principal_unref(last.principal);
    auth_free(app.auth);
    event_base_free(app.base);
}

static void sign_in(void)
{
    struct store_session_row row = session_row();

    ask("Bearer " TOKEN, NULL);
    answer(STORE_OK, &row);
    ck_assert_int_eq(last.outcome, AUTH_OK);
}

START_TEST(a_session_is_read_once_and_kept)
{
    sign_in();
    ck_assert_str_eq(last.principal->id, "u-1");
    ck_assert_str_eq(last.principal->username, "ann");
    ck_assert_str_eq(last.principal->session_id, SESSION_ID);
    ck_assert(principal_may(last.principal, "task:list"));
    ck_assert(!principal_may(last.principal, "task:view"));
    ask("Bearer " TOKEN, NULL);
    ck_assert_uint_eq(asked, 0);
    ck_assert_uint_eq(last.count, 2);
    ck_assert(auth_is_current(&app, last.principal));
}
END_TEST

START_TEST(equal_questions_are_asked_once)
{
    struct store_session_row row = session_row();

    for (int i = 0; i < 50; i++)
        ask("Bearer " TOKEN, NULL);
    ck_assert_uint_eq(asked, 1);
    ck_assert_uint_eq(last.count, 0);
    answer(STORE_OK, &row);
    ck_assert_uint_eq(last.count, 50);
    ck_assert_int_eq(last.outcome, AUTH_OK);
}
END_TEST

START_TEST(unknown_tokens)
{
    ask("Bearer " TOKEN, NULL);
    answer(STORE_NOT_FOUND, NULL);
    ck_assert_int_eq(last.outcome, AUTH_REFUSED);
    ck_assert_str_ne(last.why, "");
    ask(NULL, TOKEN);
    answer(STORE_NOT_FOUND, NULL);
    ck_assert_int_eq(last.outcome, AUTH_ANONYMOUS);
    ask("nonsense", TOKEN);
    ck_assert_int_eq(last.outcome, AUTH_REFUSED);
    ck_assert_str_eq(last.why, "Invalid token format");
    ask(NULL, NULL);
    ck_assert_int_eq(last.outcome, AUTH_ANONYMOUS);
    ck_assert_uint_eq(asked, 0);
}
END_TEST

START_TEST(ends)
{
    struct store_session_row row = session_row();

    row.expires_at_us = row.now_us; /* the absolute end */
    ask("Bearer " TOKEN, NULL);
    answer(STORE_OK, &row);
    ck_assert_int_eq(last.outcome, AUTH_REFUSED);
    row = session_row();
    row.seen_at_us = row.now_us - 2 * HOUR_US; /* the idle one */
    ask("Bearer " TOKEN, NULL);
    answer(STORE_OK, &row);
    ck_assert_int_eq(last.outcome, AUTH_REFUSED);
    row = session_row();
    row.seen_at_us = row.now_us - clock_ms() * 1000 - 2 * HOUR_US; /* before the machine's start */
    ask("Bearer " TOKEN, NULL);
    answer(STORE_OK, &row);
    ck_assert_int_eq(last.outcome, AUTH_REFUSED);
    row.is_token = true; /* has none, nor must it have the other */
    row.expires_at_us = 0;
    ask("Bearer " TOKEN, NULL);
    answer(STORE_OK, &row);
    ck_assert_int_eq(last.outcome, AUTH_OK);
    ask(NULL, TOKEN); /* but it is no browser's */
    answer(STORE_OK, &row);
    ck_assert_int_eq(last.outcome, AUTH_ANONYMOUS);
}
END_TEST

START_TEST(who_is_not_active_is_told_so)
{
    static const char *const statuses[] = {"disabled", "locked", "deleted", "pending_activation"};

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct store_session_row row = session_row();
        row.user.status = statuses[i];
        ask("Bearer " TOKEN, NULL);
        answer(STORE_OK, &row);
        ck_assert_int_eq(last.outcome, AUTH_DISABLED);
        ck_assert_str_eq(last.why, "Account is disabled");
    }
}
END_TEST

START_TEST(a_pair_must_fit)
{
    struct store_session_row row = session_row();

    ask("Basic " PAIR, NULL);
    answer(STORE_OK, &row);
    ck_assert_int_eq(last.outcome, AUTH_OK);
    row.id = "00000000-0000-4000-8000-000000000002";
    auth_forget(&app, "");
    ask("Basic " PAIR, NULL);
    answer(STORE_OK, &row);
    ck_assert_int_eq(last.outcome, AUTH_REFUSED);
    ask("Basic " PAIR, NULL); /* from memory */
    ck_assert_int_eq(last.outcome, AUTH_REFUSED);
    ck_assert_uint_eq(asked, 0);
}
END_TEST

START_TEST(without_the_database_nobody_is_signed_out)
{
    ask("Bearer " TOKEN, NULL);
    answer(STORE_UNAVAILABLE, NULL);
    ck_assert_int_eq(last.outcome, AUTH_UNAVAILABLE);
    ask(NULL, TOKEN);
    answer(STORE_UNCERTAIN, NULL);
    ck_assert_int_eq(last.outcome, AUTH_UNAVAILABLE);
}
END_TEST

START_TEST(what_is_forgotten_is_read_again)
{
    struct principal *held;

    sign_in();
    held = principal_ref(last.principal);
    auth_forget(&app, "u-2");
    ask("Bearer " TOKEN, NULL);
    ck_assert_uint_eq(asked, 0);
    auth_forget_session(&app, SESSION_ID);
    ck_assert(!auth_is_current(&app, held));
    ask("Bearer " TOKEN, NULL);
    answer(STORE_NOT_FOUND, NULL);
    ck_assert_int_eq(last.outcome, AUTH_REFUSED);
    sign_in();
    auth_forget(&app, "u-1");
    ck_assert(!auth_is_current(&app, held));
    principal_unref(held);
}
END_TEST

/* The row may have been read before the change that the forgetting is for. */
START_TEST(what_is_being_read_is_read_again)
{
    struct store_session_row row = session_row();

    ask("Bearer " TOKEN, NULL);
    auth_forget(&app, "u-1");
    ask("Bearer " TOKEN, NULL);
    ck_assert_uint_eq(asked, 1);
    answer(STORE_OK, &row);
    ck_assert_uint_eq(last.count, 0);
    ck_assert_uint_eq(asked, 1);
    answer(STORE_NOT_FOUND, NULL);
    ck_assert_uint_eq(last.count, 2);
    ck_assert_int_eq(last.outcome, AUTH_REFUSED);
}
END_TEST

START_TEST(memory_is_bounded)
{
    struct store_session_row row = session_row();

    for (unsigned i = 0; i < 10000; i++) {
        char header[64], token[TOKEN_SIZE];
        token_new(token);
        snprintf(header, sizeof(header), "Bearer %s", token);
        ask(header, NULL);
        answer(STORE_OK, &row);
        ck_assert_int_eq(last.outcome, AUTH_OK);
    }
    ck_assert_uint_eq(touched, 10000 - 4096); /* those that gave way were told of as used */
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("auth");
    TCase *form = tcase_create("form"), *sessions = tcase_create("sessions");

    tcase_add_test(form, tokens_are_random_and_hashed);
    tcase_add_test(form, good_forms);
    tcase_add_test(form, odd_headers_are_refused);
    tcase_add_test(form, odd_cookies_are_none);
    suite_add_tcase(suite, form);
    tcase_add_checked_fixture(sessions, set_up, tear_down);
    tcase_add_test(sessions, a_session_is_read_once_and_kept);
    tcase_add_test(sessions, equal_questions_are_asked_once);
    tcase_add_test(sessions, unknown_tokens);
    tcase_add_test(sessions, ends);
    tcase_add_test(sessions, who_is_not_active_is_told_so);
    tcase_add_test(sessions, a_pair_must_fit);
    tcase_add_test(sessions, without_the_database_nobody_is_signed_out);
    tcase_add_test(sessions, what_is_forgotten_is_read_again);
    tcase_add_test(sessions, what_is_being_read_is_read_again);
    tcase_add_test(sessions, memory_is_bounded);
    suite_add_tcase(suite, sessions);
    return suite;
}

CHECK_MAIN(make_suite)
