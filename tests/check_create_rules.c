/* SPDX-License-Identifier: MIT */
/* Which bodies a create endpoint takes, what becomes of them, and what is said of the others. */
#include "common/json_util.h"
#include "supervisor/create_rules.h"
#include "tests/check_main.h"

#include <string.h>

static char *nothing[] = {NULL};
static char *colours[] = {(char *)"red", (char *)"green", NULL};

static struct create_field fields[] = {
    {.name = (char *)"name",
     .kind = CREATE_STRING,
     .required = true,
     .max_length = 5,
     .one_of = nothing},
    {.name = (char *)"colour", .kind = CREATE_STRING, .max_length = 99, .one_of = colours},
    {.name = (char *)"count", .kind = CREATE_INT, .least = -2, .most = 10, .one_of = nothing},
    {.name = (char *)"ratio", .kind = CREATE_NUMBER, .least = 0, .most = 1.5, .one_of = nothing},
    {.name = (char *)"fast", .kind = CREATE_BOOL, .one_of = nothing},
    {.name = (char *)"ids",
     .kind = CREATE_STRING_LIST,
     .max_length = 3,
     .max_items = 2,
     .one_of = nothing},
    {.name = (char *)"more", .kind = CREATE_OBJECT, .one_of = nothing},
    {.name = (char *)"rest", .kind = CREATE_ANY, .one_of = nothing},
};
static const struct create_rules rules = {fields, sizeof(fields) / sizeof(fields[0])};
static const struct create_rules optional = {fields + 1, sizeof(fields) / sizeof(fields[0]) - 1};

static json_object *parse(const char *text)
{
    const char *why;
    json_object *body = json_parse_text(text, strlen(text), &why);

    ck_assert_msg(body != NULL, "%s: %s", text, why);
    return body;
}

static const struct {
    const char *body, *payload;
} good[] = {
    {"{\"name\":\"a\"}", "{\"name\":\"a\"}"},
    {"{\"fast\":false,\"name\":\"12345\"}", "{\"name\":\"12345\",\"fast\":false}"},
    {"{\"name\":\"a\",\"colour\":\"\"}", "{\"name\":\"a\"}"},
    {"{\"name\":\"a\",\"colour\":null,\"ids\":[],\"count\":null}", "{\"name\":\"a\"}"},
    {"{\"name\":\"a\",\"colour\":\"green\"}", "{\"name\":\"a\",\"colour\":\"green\"}"},
    {"{\"name\":\"a\",\"count\":-2}", "{\"name\":\"a\",\"count\":-2}"},
    {"{\"name\":\"a\",\"count\":0}", "{\"name\":\"a\",\"count\":0}"},
    {"{\"name\":\"a\",\"ratio\":1}", "{\"name\":\"a\",\"ratio\":1}"},
    {"{\"name\":\"a\",\"ratio\":1.5}", "{\"name\":\"a\",\"ratio\":1.5}"},
    {"{\"name\":\"a\",\"ids\":[\"abc\",\"\"]}", "{\"name\":\"a\",\"ids\":[\"abc\",\"\"]}"},
    {"{\"name\":\"a\",\"more\":{\"x\":[1,null]}}", "{\"name\":\"a\",\"more\":{\"x\":[1,null]}}"},
    {"{\"name\":\"a\",\"rest\":[true]}", "{\"name\":\"a\",\"rest\":[true]}"},
    {"{\"name\":\"'\\\"<>/\"}", "{\"name\":\"'\\\"<>/\"}"},
};

START_TEST(a_good_body_becomes_the_payload)
{
    struct create_fault fault;
    json_object *body = parse(good[_i].body), *payload = create_rules_apply(&rules, body, &fault);

    ck_assert_ptr_nonnull(payload);
    ck_assert_str_eq(json_object_to_json_string_ext(payload, JSON_C_TO_STRING_PLAIN |
                                                                 JSON_C_TO_STRING_NOSLASHESCAPE),
                     good[_i].payload);
    json_object_put(payload);
    json_object_put(body);
}
END_TEST

static const struct {
    const char *body, *code, *text;
} bad[] = {
    {"{}", "E4001", "name is missing"},
    {"{\"name\":\"\"}", "E4001", "name is missing"},
    {"{\"name\":\"123456\"}", "E4002", "name must be a string of at most 5 bytes"},
    {"{\"name\":\"\xc3\xa4\xc3\xa4\xc3\xa4\"}", "E4002",
     "name must be a string of at most 5 bytes"},
    {"{\"name\":\"a\\u0000b\"}", "E4002", "name must be a string of at most 5 bytes"},
    {"{\"name\":7}", "E4002", "name must be a string of at most 5 bytes"},
    {"{\"name\":[\"a\"]}", "E4002", "name must be a string of at most 5 bytes"},
    {"{\"name\":\"a\",\"colour\":\"blue\"}", "E4002", "colour must be one of \"red\", \"green\""},
    {"{\"name\":\"a\",\"colour\":\"RED\"}", "E4002", "colour must be one of \"red\", \"green\""},
    {"{\"name\":\"a\",\"count\":11}", "E4002", "count must be an integer from -2 to 10"},
    {"{\"name\":\"a\",\"count\":-3}", "E4002", "count must be an integer from -2 to 10"},
    {"{\"name\":\"a\",\"count\":1.0}", "E4002", "count must be an integer from -2 to 10"},
    {"{\"name\":\"a\",\"count\":\"1\"}", "E4002", "count must be an integer from -2 to 10"},
    {"{\"name\":\"a\",\"count\":99999999999999999999}", "E4002",
     "count must be an integer from -2 to 10"},
    {"{\"name\":\"a\",\"ratio\":1.6}", "E4002", "ratio must be a number from 0 to 1.5"},
    {"{\"name\":\"a\",\"ratio\":1e400}", "E4002", "ratio must be a number from 0 to 1.5"},
    {"{\"name\":\"a\",\"ratio\":true}", "E4002", "ratio must be a number from 0 to 1.5"},
    {"{\"name\":\"a\",\"fast\":1}", "E4002", "fast must be true or false"},
    {"{\"name\":\"a\",\"fast\":\"true\"}", "E4002", "fast must be true or false"},
    {"{\"name\":\"a\",\"ids\":[\"a\",\"b\",\"c\"]}", "E4002",
     "ids must be a list of at most 2 strings of at most 3 bytes each"},
    {"{\"name\":\"a\",\"ids\":[\"abcd\"]}", "E4002",
     "ids must be a list of at most 2 strings of at most 3 bytes each"},
    {"{\"name\":\"a\",\"ids\":[1]}", "E4002",
     "ids must be a list of at most 2 strings of at most 3 bytes each"},
    {"{\"name\":\"a\",\"ids\":[null]}", "E4002",
     "ids must be a list of at most 2 strings of at most 3 bytes each"},
    {"{\"name\":\"a\",\"ids\":\"a\"}", "E4002",
     "ids must be a list of at most 2 strings of at most 3 bytes each"},
    {"{\"name\":\"a\",\"more\":\"x\"}", "E4002", "more must be an object"},
    {"{\"name\":\"a\",\"Name\":\"x\"}", "E4002",
     "\"Name\" is not a member that is known here; known: name, colour, count, ratio, fast, ids, "
     "more, rest"},
    {"{\"name\":\"a\",\"\":1}", "E4002",
     "\"\" is not a member that is known here; known: name, colour, count, ratio, fast, ids, more, "
     "rest"},
};

START_TEST(a_bad_body_is_refused_by_name)
{
    struct create_fault fault;
    json_object *body = parse(bad[_i].body), *payload = create_rules_apply(&rules, body, &fault);

    ck_assert_ptr_null(payload);
    ck_assert_str_eq(fault.code, bad[_i].code);
    ck_assert_str_eq(fault.text, bad[_i].text);
    free(fault.text);
    json_object_put(body);
}
END_TEST

START_TEST(an_empty_body_is_an_empty_payload)
{
    struct create_fault fault;
    json_object *body = json_object_new_object();
    json_object *payload = create_rules_apply(&optional, body, &fault);

    ck_assert_str_eq(json_object_to_json_string_ext(payload, JSON_C_TO_STRING_PLAIN), "{}");
    json_object_put(payload);
    json_object_put(body);
}
END_TEST

START_TEST(a_long_unknown_name_is_cut)
{
    struct create_fault fault;
    json_object *body = json_object_new_object();
    char name[2000];

    memset(name, '\x01', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    json_add_int(body, name, 1);
    ck_assert_ptr_null(create_rules_apply(&optional, body, &fault));
    ck_assert_uint_lt(strlen(fault.text), 400);
    ck_assert_ptr_null(strchr(fault.text, '\x01'));
    free(fault.text);
    json_object_put(body);
}
END_TEST

static Suite *create_rules_suite(void)
{
    Suite *suite = suite_create("create_rules");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, a_good_body_becomes_the_payload, 0, sizeof(good) / sizeof(good[0]));
    tcase_add_loop_test(all, a_bad_body_is_refused_by_name, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(all, an_empty_body_is_an_empty_payload);
    tcase_add_test(all, a_long_unknown_name_is_cut);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(create_rules_suite)
