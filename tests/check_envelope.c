/* SPDX-License-Identifier: MIT */
/* Opening answers: data, pages, errors, and answers of something that is no supervisor. */
#include "client/envelope.h"
#include "tests/check_main.h"

#include <stdio.h>
#include <string.h>

static json_object *open_text(const char *text, int status, bool page, struct taskyard_error *error)
{
    memset(error, 0, sizeof(*error));
    return envelope_open(text, strlen(text), status, page, error);
}

START_TEST(gives_the_data)
{
    struct taskyard_error error;
    json_object *data =
        open_text("{\"code\":\"0\",\"data\":{\"a\":1},\"trace_id\":\"x\"}", 200, false, &error);

    ck_assert_str_eq(json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN), "{\"a\":1}");
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_NONE);
    json_object_put(data);
}
END_TEST

START_TEST(no_data_is_an_empty_object)
{
    struct taskyard_error error;
    json_object *data = open_text("{\"code\":\"0\"}", 200, false, &error);

    ck_assert_str_eq(json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN), "{}");
    json_object_put(data);
}
END_TEST

START_TEST(gives_a_page)
{
    struct taskyard_error error;
    json_object *page =
        open_text("{\"code\":\"0\",\"data\":[],\"total\":3,\"current\":2,\"page_size\":10}", 200,
                  true, &error);

    ck_assert_str_eq(json_object_to_json_string_ext(page, JSON_C_TO_STRING_PLAIN),
                     "{\"data\":[],\"total\":3,\"current\":2,\"page_size\":10}");
    json_object_put(page);
}
END_TEST

static const char *const bad_pages[] = {
    "{\"code\":\"0\",\"data\":[],\"total\":3,\"current\":2}",
    "{\"code\":\"0\",\"data\":{},\"total\":3,\"current\":2,\"page_size\":10}",
    "{\"code\":\"0\",\"data\":null,\"total\":3,\"current\":2,\"page_size\":10}"};

START_TEST(refuses_half_a_page)
{
    struct taskyard_error error;

    ck_assert_ptr_null(open_text(bad_pages[_i], 200, true, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_PROTOCOL);
}
END_TEST

START_TEST(gives_the_error)
{
    struct taskyard_error error;

    ck_assert_ptr_null(
        open_text("{\"code\":\"E4041\",\"err\":\"task not found\"}", 404, false, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_ANSWERED);
    ck_assert_int_eq(error.http_status, 404);
    ck_assert_str_eq(error.code, "E4041");
    ck_assert_str_eq(error.message, "task not found");
}
END_TEST

START_TEST(understands_the_older_spelling)
{
    struct taskyard_error error;

    ck_assert_ptr_null(open_text("{\"code\":\"E5001\",\"error\":\"oops\"}", 500, false, &error));
    ck_assert_str_eq(error.message, "oops");
}
END_TEST

START_TEST(an_error_without_text_is_still_said)
{
    struct taskyard_error error;

    ck_assert_ptr_null(open_text("{\"code\":\"E4131\"}", 413, false, &error));
    ck_assert_str_eq(error.code, "E4131");
    ck_assert_ptr_nonnull(strstr(error.message, "too large"));
}
END_TEST

START_TEST(code_zero_with_a_bad_status_is_an_error)
{
    struct taskyard_error error;

    ck_assert_ptr_null(open_text("{\"code\":\"0\",\"data\":{}}", 500, false, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_ANSWERED);
}
END_TEST

static const char *const strangers[] = {
    "", "<html>", "[]", "null", "{}", "{\"code\":0,\"data\":1}", "{\"code\":\"0\"} x"};

START_TEST(a_stranger_is_a_protocol_error)
{
    struct taskyard_error error;

    ck_assert_ptr_null(open_text(strangers[_i], 200, false, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_PROTOCOL);
    ck_assert_int_ne(error.message[0], '\0');
}
END_TEST

START_TEST(a_bare_refusal_keeps_its_status)
{
    struct taskyard_error error;

    ck_assert_ptr_null(open_text("<html>413</html>", 413, false, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_ANSWERED);
    ck_assert_int_eq(error.http_status, 413);
    ck_assert_str_eq(error.code, "");
    ck_assert_ptr_nonnull(strstr(error.message, "too large"));
}
END_TEST

START_TEST(long_texts_are_cut)
{
    char text[4096], filler[3000];
    struct taskyard_error error;

    memset(filler, 'x', sizeof(filler));
    filler[sizeof(filler) - 1] = '\0';
    snprintf(text, sizeof(text), "{\"code\":\"E40000000000000000000\",\"err\":\"%s\"}", filler);
    ck_assert_ptr_null(open_text(text, 400, false, &error));
    ck_assert_uint_eq(strlen(error.message), sizeof(error.message) - 1);
    ck_assert_uint_eq(strlen(error.code), sizeof(error.code) - 1);
}
END_TEST

static Suite *envelope_suite(void)
{
    Suite *suite = suite_create("envelope");
    TCase *tcase = tcase_create("answers");

    tcase_add_test(tcase, gives_the_data);
    tcase_add_test(tcase, no_data_is_an_empty_object);
    tcase_add_test(tcase, gives_a_page);
    tcase_add_loop_test(tcase, refuses_half_a_page, 0, sizeof(bad_pages) / sizeof(bad_pages[0]));
    tcase_add_test(tcase, gives_the_error);
    tcase_add_test(tcase, understands_the_older_spelling);
    tcase_add_test(tcase, an_error_without_text_is_still_said);
    tcase_add_test(tcase, code_zero_with_a_bad_status_is_an_error);
    tcase_add_loop_test(tcase, a_stranger_is_a_protocol_error, 0,
                        sizeof(strangers) / sizeof(strangers[0]));
    tcase_add_test(tcase, a_bare_refusal_keeps_its_status);
    tcase_add_test(tcase, long_texts_are_cut);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(envelope_suite)
