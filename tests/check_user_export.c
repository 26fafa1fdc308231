/* SPDX-License-Identifier: MIT */
/* The parts of the example user_export that need no database: CSV cells and the payload. */
#include "examples/user_export/csv.h"
#include "examples/user_export/filter.h"
#include "tests/check_main.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *cell;
    const char *written;
} cells[] = {{"", ""},
             {"plain", "plain"},
             {"a,b", "\"a,b\""},
             {"say \"hi\"", "\"say \"\"hi\"\"\""},
             {"two\nlines", "\"two\nlines\""},
             {"Łukasz 山田", "Łukasz 山田"},
             {"=1+1", "'=1+1"},
             {"+49 30", "'+49 30"},
             {"-5", "'-5"},
             {"@cmd", "'@cmd"},
             {"\tx", "'\tx"},
             {"\rx", "\"'\rx\""},
             {"=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""},
             {"a=b", "a=b"}};

START_TEST(test_cell)
{
    const char *record[] = {cells[_i].cell, "end"};
    char *text = NULL, expected[128];
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    ck_assert(csv_write_record(file, record, 2));
    fclose(file);
    snprintf(expected, sizeof(expected), "%s,end\n", cells[_i].written);
    ck_assert_str_eq(text, expected);
    free(text);
}
END_TEST

START_TEST(test_a_full_disk_is_noticed)
{
    FILE *file = fopen("/dev/full", "we");
    const char *record[] = {"x"};

    ck_assert_ptr_nonnull(file);
    setvbuf(file, NULL, _IONBF, 0);
    ck_assert(!csv_write_record(file, record, 1));
    fclose(file);
}
END_TEST

static const struct {
    const char *payload;
    const char *keywords; /* NULL: refused */
    const char *status;
} payloads[] = {{NULL, "", ""},
                {"", "", ""},
                {" \n", "", ""},
                {"{}", "", ""},
                {"{\"keywords\":\"ann\",\"status\":\"locked\"} ", "ann", "locked"},
                {"{\"keywords\":null,\"more\":1}", "", ""},
                {"{\"keywords\":\"100% _\"}", "100% _", ""},
                {"[]", NULL, NULL},
                {"7", NULL, NULL},
                {"null", NULL, NULL},
                {"not json", NULL, NULL},
                {"{\"keywords\":\"ann\"", NULL, NULL},
                {"{} {}", NULL, NULL},
                {"{\"keywords\":5}", NULL, NULL},
                {"{\"keywords\":\"a\\u0000b\"}", NULL, NULL},
                {"{\"status\":\"sleepy\"}", NULL, NULL},
                {"{\"status\":[]}", NULL, NULL}};

START_TEST(test_payload)
{
    const char *payload = payloads[_i].payload, *why = NULL;
    struct filter filter;
    bool good = filter_parse(payload, payload != NULL ? strlen(payload) : 0, &filter, &why);

    ck_assert_int_eq(good, payloads[_i].keywords != NULL);
    if (good) {
        ck_assert_str_eq(filter.keywords, payloads[_i].keywords);
        ck_assert_str_eq(filter.status, payloads[_i].status);
    } else {
        ck_assert_ptr_nonnull(why);
    }
}
END_TEST

static Suite *user_export_suite(void)
{
    Suite *suite = suite_create("user_export");
    TCase *tests = tcase_create("user_export");

    tcase_add_loop_test(tests, test_cell, 0, sizeof(cells) / sizeof(cells[0]));
    tcase_add_test(tests, test_a_full_disk_is_noticed);
    tcase_add_loop_test(tests, test_payload, 0, sizeof(payloads) / sizeof(payloads[0]));
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(user_export_suite)
