/* SPDX-License-Identifier: MIT */
/* The small rules that everything stands on: moves of status, ids, UTF-8, JSON, times. */
#include "common/fd_util.h"
#include "common/hex.h"
#include "common/id.h"
#include "common/json_text.h"
#include "common/json_util.h"
#include "common/log.h"
#include "common/rfc3339.h"
#include "common/task.h"
#include "common/xalloc.h"
#include "tests/check_main.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

START_TEST(moves_are_exactly_these)
{
    static const char *const allowed[] = {
        "pending running", "pending cancelled", "running pending", "running success",
        "running failed",  "running cancelled", "failed pending",  "cancelled pending"};

    for (int from = TASK_PENDING; from <= TASK_CANCELLED; from++) {
        for (int to = TASK_PENDING; to <= TASK_CANCELLED; to++) {
            char move[64];
            bool expected = false;

            snprintf(move, sizeof(move), "%s %s", task_status_name((enum task_status)from),
                     task_status_name((enum task_status)to));
            for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
                expected = expected || strcmp(move, allowed[i]) == 0;
            ck_assert_msg(task_may_move((enum task_status)from, (enum task_status)to) == expected,
                          "%s", move);
        }
    }
}
END_TEST

START_TEST(status_names_go_both_ways)
{
    enum task_status status;

    for (int i = TASK_PENDING; i <= TASK_CANCELLED; i++) {
        ck_assert(task_status_parse(task_status_name((enum task_status)i), &status));
        ck_assert_int_eq((int)status, i);
    }
    ck_assert(!task_status_parse("Running", &status));
    ck_assert(!task_status_parse("", &status));
}
END_TEST

START_TEST(hex_goes_both_ways)
{
    unsigned char bytes[3] = {0x00, 0x9a, 0xff}, back[3];
    char text[7];

    hex_write(text, bytes, sizeof(bytes));
    ck_assert_str_eq(text, "009aff");
    ck_assert(hex_read(back, sizeof(back), text));
    ck_assert_mem_eq(back, bytes, sizeof(bytes));
    hex_write(text, bytes, 0);
    ck_assert_str_eq(text, "");
    ck_assert(hex_read(back, 0, ""));
    ck_assert(!hex_read(back, 3, "009af"));
    ck_assert(!hex_read(back, 3, "009aff0"));
    ck_assert(!hex_read(back, 3, "009aFF"));
    ck_assert(!hex_read(back, 3, "009ag0"));
    ck_assert(!hex_read(back, 3, "0x9aff"));
}
END_TEST

START_TEST(ids)
{
    char first[ID_SIZE], second[ID_SIZE];

    id_new(first);
    id_new(second);
    ck_assert_str_ne(first, second);
    ck_assert(id_is_valid(first));
    ck_assert(!id_is_valid(""));
    ck_assert(!id_is_valid("not-a-uuid"));
    ck_assert(!id_is_valid("00000000-0000-0000-0000-00000000000g"));
    ck_assert(!id_is_valid("00000000-0000-0000-0000-0000000000000"));
}
END_TEST

START_TEST(ids_of_an_hour_begin_with_the_same_byte)
{
    char first[ID_SIZE], second[ID_SIZE];
    time_t hour;

    do {
        hour = time(NULL) / 3600;
        id_new(first);
        id_new(second);
    } while (time(NULL) / 3600 != hour);
    ck_assert_int_eq(strncmp(first, second, 2), 0);
    ck_assert_uint_eq(strtoul(first, NULL, 16) >> 24, (unsigned long)hour & 0xff);
}
END_TEST

static const struct {
    const char *bytes;
    bool valid;
} texts[] = {
    {"", true},
    {"plain", true},
    {"\xc3\xa4", true},
    {"\xe2\x82\xac", true},
    {"\xf0\x9f\x98\x80", true},
    {"\xc3", false},
    {"\xff", false},
    {"\xc0\x80", false},
    {"\xed\xa0\x80", false},
    {"\xe0\x80\x80", false},
    {"\xf5\x80\x80\x80", false},
    {"a\x80z", false},
    {"\xf4\x90\x80\x80", false},
};

START_TEST(utf8)
{
    ck_assert_int_eq(utf8_is_valid(texts[_i].bytes, strlen(texts[_i].bytes)), texts[_i].valid);
}
END_TEST

START_TEST(sanitising)
{
    char *text = utf8_sanitise("a\x1b[0m\xff\tz", 8, 100);

    ck_assert_str_eq(text, "a\xef\xbf\xbd[0m\xef\xbf\xbd\tz");
    free(text);
    text = utf8_sanitise("a\xc2\x9b\xc2\x80\xc2\xa0z", 8, 100); /* controls of ISO 8859 */
    ck_assert_str_eq(text, "a\xef\xbf\xbd\xef\xbf\xbd\xc2\xa0z");
    free(text);
    text = utf8_sanitise("\xc3\xa4\xc3\xa4", 4, 3); /* never half a character */
    ck_assert_str_eq(text, "\xc3\xa4");
    free(text);
}
END_TEST

static const struct {
    const char *text;
    bool good;
} documents[] = {
    {"{}", true},
    {"7", true},
    {"-1.5e3", true},
    {"\"x\"", true},
    {"true", true},
    {" [1] \n", true},
    {"", false},
    {"{", false},
    {"{} {}", false},
    {"[1,]", false},
    {"nul", false},
    {"\xff", false},
    {"{\"a\":01}", false},
    {"// x\n1", false},
    {"NaN", false},
    {"nan", false},
    {"[-Infinity]", false},
    {"{'a':1}", false},
    {"['a']", false},
    {"[1.]", false},
    {"1.e5", false},
    {"[.5]", false},
    {"{a:1}", false},
    {"True", false},
    {"[1.5.]", false},
    {"[1e5.]", false},
    {"[-]", false},
    {"[1-2]", false},
    {"{\"'NI.\":\"\\\"NaN'1.\"}", true},
};

START_TEST(a_directory_is_empty_or_not)
{
    char path[] = "/tmp/taskyard-common.XXXXXX", file[sizeof(path) + 4];
    int directory, made;

    ck_assert_ptr_nonnull(mkdtemp(path));
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert(fd_is_empty_directory(directory));
    close(directory);
    snprintf(file, sizeof(file), "%s/a", path);
    made = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(made, 0);
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert(!fd_is_empty_directory(directory));
    ck_assert(!fd_is_empty_directory(made));
    close(directory);
    close(made);
    unlink(file);
    rmdir(path);
}
END_TEST

START_TEST(json_documents)
{
    const char *why;
    json_object *object = json_parse_text(documents[_i].text, strlen(documents[_i].text), &why);

    ck_assert_msg((object != NULL) == documents[_i].good, "%s", documents[_i].text);
    json_object_put(object);
}
END_TEST

START_TEST(integers_are_kept_or_refused)
{
    static const char *const good[] = {
        "18446744073709551615", "[-9223372036854775808]", "[123456789012345678901.5,1e300]",
        "\"123456789012345678901\"", "{\"\\\"99999999999999999999\":\"\\\\\"}"};
    static const char *const bad[] = {"18446744073709551616",
                                      "[-9223372036854775809]",
                                      "{\"a\":123456789012345678901}",
                                      "[1.]",
                                      "NaN",
                                      "[\"\\\\\",99999999999999999999]"};
    const char *why;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        json_object *object = json_parse_exact(good[i], strlen(good[i]), &why);
        ck_assert_msg(object != NULL, "%s", good[i]);
        ck_assert_str_eq(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN), good[i]);
        json_object_put(object);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(json_parse_exact(bad[i], strlen(bad[i]), &why) == NULL, "%s", bad[i]);
}
END_TEST

START_TEST(json_members)
{
    const char *why, *text = "unchanged";
    const char *document = "{\"s\":\"x\",\"n\":5,\"z\":null,\"b\":true,\"nul\":\"a\\u0000b\"}";
    json_object *object = json_parse_text(document, strlen(document), &why);
    int64_t number = -1;
    bool flag = false;

    ck_assert_ptr_nonnull(object);
    ck_assert_int_eq(json_get_string(object, "s", &text), JSON_OK);
    ck_assert_str_eq(text, "x");
    ck_assert_int_eq(json_get_string(object, "n", &text), JSON_WRONG_TYPE);
    ck_assert_int_eq(json_get_string(object, "z", &text), JSON_ABSENT);
    ck_assert_int_eq(json_get_string(object, "none", &text), JSON_ABSENT);
    ck_assert_int_eq(json_get_string(object, "nul", &text), JSON_WRONG_TYPE);
    ck_assert_int_eq(json_get_int(object, "n", 1, 5, &number), JSON_OK);
    ck_assert_int_eq(json_get_int(object, "n", 6, 9, &number), JSON_WRONG_TYPE);
    ck_assert_int_eq(json_get_bool(object, "b", &flag), JSON_OK);
    ck_assert(flag);
    json_object_put(object);
}
END_TEST

/* Every byte a text may hold, and what it stands between. */
START_TEST(members_as_text_are_json_c_s)
{
    char value[256 + 8] = "\xc3\x9f\xf0\x9f\x98\x80/";
    struct json_text text = {0};
    json_object *object = json_object_new_object();
    char *whole;

    for (int byte = 1; byte < 0x80; byte++)
        value[strlen(value)] = (char)byte;
    json_object_object_add(object, "one", json_object_new_string(value));
    json_object_object_add(object, "two", json_object_new_string("2"));
    json_text_add_member(&text, "one", value);
    json_text_add_member(&text, "none", NULL);
    json_text_add_member(&text, "empty", "");
    json_text_add_member(&text, "two", "2");
    text.bytes[0] = '{';
    whole = xasprintf("%.*s}", (int)text.size, text.bytes);
    ck_assert_str_eq(whole, json_object_to_json_string_ext(
                                object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    free(whole);
    json_text_clear(&text);
    ck_assert_ptr_null(text.bytes);
    json_object_put(object);
}
END_TEST

START_TEST(times)
{
    char text[TIME_TEXT_SIZE];

    time_text(1771509790123456, text);
    ck_assert_str_eq(text, "2026-02-19T14:03:10.123456Z");
}
END_TEST

static const struct {
    const char *text;
    int64_t us; /* -1: refused */
} rfc3339_times[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-02-19T14:03:10Z", INT64_C(1771509790000000)},
    {"2026-02-19T14:03:10.5Z", INT64_C(1771509790500000)},
    {"2026-02-19T14:03:10.123456789z", INT64_C(1771509790123456)},
    {"2026-02-19t15:03:10+01:00", INT64_C(1771509790000000)},
    {"2026-02-19T13:33:10-00:30", INT64_C(1771509790000000)},
    {"2024-02-29T00:00:00Z", INT64_C(1709164800000000)},
    {"2016-12-31T23:59:60Z", INT64_C(1483228799000000)},
    {"2026-02-29T00:00:00Z", -1},
    {"2026-02-19", -1},
    {"2026-02-19 14:03:10Z", -1},
    {"2026-02-19T14:03:10", -1},
    {"2026-02-19T14:03:10.Z", -1},
    {"2026-02-19T14:03:10+0100", -1},
    {"2026-02-19T14:03:10Zx", -1},
    {"2026-02-19T24:00:00Z", -1},
    {"2026-13-19T14:03:10Z", -1},
    {"1969-12-31T23:59:59Z", -1},
    {"26-02-19T14:03:10Z", -1},
    {"", -1},
    {"2026-02-19T14:03:10+24:00", -1},
};

START_TEST(times_are_read_strictly)
{
    int64_t us = -1;

    ck_assert_int_eq(rfc3339_parse(rfc3339_times[_i].text, &us), rfc3339_times[_i].us >= 0);
    ck_assert_int_eq(us, rfc3339_times[_i].us);
}
END_TEST

/* ---- the log ---- */

static char sunk[8192];
static int sunk_priority;
static struct log_about sunk_about;

static bool sink(int priority, const char *message, const struct log_about *about)
{
    snprintf(sunk, sizeof(sunk), "%s", message);
    sunk_priority = priority;
    if (about != NULL)
        sunk_about = *about;
    return true;
}

static void say(const struct log_about *about, enum log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_vabout(about, level, format, arguments);
    va_end(arguments);
}

START_TEST(a_sink_gets_message_and_subject)
{
    const struct log_about about = {
        .task_id = "t-1", .type = "copy", .creator = "ann", .attempt = 2, .pid = 7};

    log_open("check", LOG_LEVEL_INFO);
    log_set_sink(sink);
    say(&about, LOG_LEVEL_WARN, "line one\nline %d\x1b[0m", 2);
    ck_assert_str_eq(sunk, "task t-1 attempt 2: line one?line 2?[0m");
    ck_assert_int_eq(sunk_priority, 4);
    ck_assert_str_eq(sunk_about.type, "copy");
    ck_assert_int_eq(sunk_about.pid, 7);
    log_error("\xc2\x9b%s\xc2\x9f\xc2\xa0\xc2", "31m");
    ck_assert_str_eq(sunk, "??31m??\xc2\xa0\xc2");
    log_error("plain");
    ck_assert_str_eq(sunk, "plain");
    ck_assert_int_eq(sunk_priority, 3);
    log_debug("below the level");
    ck_assert_str_eq(sunk, "plain");
    log_set_sink(NULL);
}
END_TEST

/* A pipe in place of stderr. */
START_TEST(a_long_line_is_cut_and_ends)
{
    char text[9000], line[9000];
    int ends[2], saved = dup(STDERR_FILENO);
    ssize_t got;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_open("check", LOG_LEVEL_INFO);
    log_info("%s", text);
    dup2(saved, STDERR_FILENO);
    got = read(ends[0], line, sizeof(line));
    ck_assert_int_gt(got, 3900);
    ck_assert_int_le(got, 4096);
    ck_assert_int_eq(line[got - 1], '\n');
    ck_assert_ptr_null(memchr(line, '\0', (size_t)got));
}
END_TEST

static Suite *common_suite(void)
{
    Suite *suite = suite_create("common");
    TCase *all = tcase_create("all");

    tcase_add_test(all, moves_are_exactly_these);
    tcase_add_test(all, status_names_go_both_ways);
    tcase_add_test(all, hex_goes_both_ways);
    tcase_add_test(all, ids);
    tcase_add_test(all, ids_of_an_hour_begin_with_the_same_byte);
    tcase_add_loop_test(all, utf8, 0, sizeof(texts) / sizeof(texts[0]));
    tcase_add_test(all, sanitising);
    tcase_add_test(all, a_directory_is_empty_or_not);
    tcase_add_test(all, integers_are_kept_or_refused);
    tcase_add_loop_test(all, json_documents, 0, sizeof(documents) / sizeof(documents[0]));
    tcase_add_test(all, json_members);
    tcase_add_test(all, members_as_text_are_json_c_s);
    tcase_add_test(all, times);
    tcase_add_loop_test(all, times_are_read_strictly, 0,
                        sizeof(rfc3339_times) / sizeof(rfc3339_times[0]));
    tcase_add_test(all, a_sink_gets_message_and_subject);
    tcase_add_test(all, a_long_line_is_cut_and_ends);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(common_suite)
