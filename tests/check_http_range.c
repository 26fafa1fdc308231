/* SPDX-License-Identifier: MIT */
/* Ranges, conditions and names of files. */
#include "supervisor/http_range.h"
#include "tests/check_main.h"

#include <string.h>

#define ETAG "\"0123abcd\""
#define CHANGED_S 784111777
#define CHANGED "Sun, 06 Nov 1994 08:49:37 GMT"
#define LATER "Sun, 06 Nov 1994 08:49:38 GMT"
#define EARLIER "Sun, 06 Nov 1994 08:49:36 GMT"

static const struct http_version version = {.etag = ETAG, .changed_s = CHANGED_S};

static const struct range_row {
    const char *text;
    uint64_t size;
    enum http_range_kind kind;
    uint64_t first, length;
} range_rows[] = {
    {NULL, 100, HTTP_RANGE_WHOLE, 0, 100},
    {"bytes=0-0", 100, HTTP_RANGE_PART, 0, 1},
    {"bytes=0-99", 100, HTTP_RANGE_PART, 0, 100},
    {"bytes=0-1000", 100, HTTP_RANGE_PART, 0, 100},
    {"bytes=99-", 100, HTTP_RANGE_PART, 99, 1},
    {"bytes=10-19", 100, HTTP_RANGE_PART, 10, 10},
    {"bytes=-1", 100, HTTP_RANGE_PART, 99, 1},
    {"bytes=-1000", 100, HTTP_RANGE_PART, 0, 100},
    {"bytes=100-", 100, HTTP_RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=100-200", 100, HTTP_RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=999999999999999999-", 100, HTTP_RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=-0", 100, HTTP_RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=0-0", 0, HTTP_RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=-5", 0, HTTP_RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=0-0,2-3", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"bytes=5-4", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"bytes=", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"bytes=-", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"bytes=--1", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"bytes=+1-2", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"bytes=1 -2", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"bytes=1", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"bytes=0x1-2", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"bytes=99999999999999999999999-", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"bytes=0-99999999999999999999999", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"lines=0-1", 100, HTTP_RANGE_WHOLE, 0, 100},
    {"", 100, HTTP_RANGE_WHOLE, 0, 100},
};

START_TEST(ranges)
{
    const struct range_row *row = &range_rows[_i];
    struct http_range range;

    ck_assert_int_eq(http_range_parse(row->text, row->size, &range), row->kind);
    if (row->kind != HTTP_RANGE_UNSATISFIABLE) {
        ck_assert_uint_eq(range.first, row->first);
        ck_assert_uint_eq(range.length, row->length);
    }
}
END_TEST

static const struct known_row {
    const char *none_match, *modified_since;
    bool is_known;
} known_rows[] = {
    {NULL, NULL, false},          {ETAG, NULL, true},          {"W/" ETAG, NULL, true},
    {"\"x\", " ETAG, NULL, true}, {ETAG ",\"x\"", NULL, true}, {"*", NULL, true},
    {"\"x\"", NULL, false},       {"0123abcd", NULL, false},   {"", NULL, false},
    {NULL, CHANGED, true},        {NULL, LATER, true},         {NULL, EARLIER, false},
    {NULL, "1994-11-06", false},  {NULL, "", false},           {NULL, CHANGED "x", false},
    {"\"x\"", CHANGED, false}, /* the tag decides alone */
    {ETAG, EARLIER, true},
};

START_TEST(what_the_client_has)
{
    const struct known_row *row = &known_rows[_i];

    ck_assert_int_eq(http_version_is_known(&version, row->none_match, row->modified_since),
                     row->is_known);
}
END_TEST

START_TEST(a_file_without_a_tag)
{
    static const struct http_version untagged = {.changed_s = CHANGED_S};

    ck_assert(!http_version_is_known(&untagged, "\"\"", NULL));
    ck_assert(http_version_is_known(&untagged, NULL, CHANGED));
    ck_assert(!http_version_may_be_continued(&untagged, "\"\""));
}
END_TEST

START_TEST(what_may_be_continued)
{
    ck_assert(http_version_may_be_continued(&version, NULL));
    ck_assert(http_version_may_be_continued(&version, ETAG));
    ck_assert(http_version_may_be_continued(&version, CHANGED));
    ck_assert(!http_version_may_be_continued(&version, "W/" ETAG));
    ck_assert(!http_version_may_be_continued(&version, "\"x\""));
    ck_assert(!http_version_may_be_continued(&version, LATER));
    ck_assert(!http_version_may_be_continued(&version, EARLIER));
}
END_TEST

START_TEST(dates)
{
    char date[HTTP_DATE_SIZE];

    http_date_format(CHANGED_S, date);
    ck_assert_str_eq(date, CHANGED);
    http_date_format(INT64_MAX, date);
    ck_assert_str_eq(date, "");
}
END_TEST

static const struct name_row {
    const char *name;
    const char *value;
} name_rows[] = {
    {"report.csv", "inline; filename=\"report.csv\""},
    {"a b.txt", "inline; filename=\"a b.txt\""},
    {"a\"b\\c/d.txt", "inline; filename=\"abcd.txt\""},
    {"a\r\nSet-Cookie: x=1", "inline; filename=\"aSet-Cookie: x=1\""},
    {"a\x01\x1f\x7f", "inline; filename=\"a\""},
    {"../../etc/passwd", "inline; filename=\"....etcpasswd\""},
    {"", "inline; filename=\"download\""},
    {"\"", "inline; filename=\"download\""},
    {"..", "inline; filename=\"download\""},
    {"50%.txt", "inline; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt"},
    {"\xc3\xa9t\xc3\xa9.csv", "inline; filename=\"__t__.csv\"; filename*=UTF-8''%C3%A9t%C3%A9.csv"},
    {"\xe6\x8a\xa5;\xe5\x91\x8a",
     "inline; filename=\"___;___\"; filename*=UTF-8''%E6%8A%A5%3B%E5%91%8A"},
    {"\xff\xfe.csv", "inline; filename=\"__.csv\""},
    {"a\xc3", "inline; filename=\"a_\""},
};

START_TEST(names)
{
    char *value = http_disposition(name_rows[_i].name, false);

    ck_assert_str_eq(value, name_rows[_i].value);
    free(value);
}
END_TEST

START_TEST(names_to_be_saved)
{
    char *value = http_disposition("x.html", true);

    ck_assert_str_eq(value, "attachment; filename=\"x.html\"");
    free(value);
}
END_TEST

START_TEST(types_that_a_browser_could_run)
{
    static const char *const active[] = {"text/html",       "TEXT/HTML; charset=utf-8",
                                         "image/svg+xml",   "application/xhtml+xml",
                                         "application/xml", "text/javascript",
                                         "text/ecmascript", "application/x-shockwave-flash"};
    static const char *const passive[] = {"text/plain", "text/csv", "image/png", "application/pdf",
                                          "application/octet-stream"};

    for (size_t i = 0; i < sizeof(active) / sizeof(active[0]); i++)
        ck_assert_msg(http_type_is_active(active[i]), "%s", active[i]);
    for (size_t i = 0; i < sizeof(passive) / sizeof(passive[0]); i++)
        ck_assert_msg(!http_type_is_active(passive[i]), "%s", passive[i]);
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static Suite *http_range_suite(void)
{
    Suite *suite = suite_create("http_range");
    TCase *tcase = tcase_create("files");

    tcase_add_loop_test(tcase, ranges, 0, COUNT(range_rows));
    tcase_add_loop_test(tcase, what_the_client_has, 0, COUNT(known_rows));
    tcase_add_test(tcase, a_file_without_a_tag);
    tcase_add_test(tcase, what_may_be_continued);
    tcase_add_test(tcase, dates);
    tcase_add_loop_test(tcase, names, 0, COUNT(name_rows));
    tcase_add_test(tcase, names_to_be_saved);
    tcase_add_test(tcase, types_that_a_browser_could_run);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(http_range_suite)
