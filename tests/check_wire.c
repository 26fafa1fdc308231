/* SPDX-License-Identifier: MIT */
/* The worker protocol: every kind of line, every way to be refused, and the cutting of a stream
 * into lines. */
#include "common/wire.h"
#include "tests/check_main.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *line;
    bool good;
    enum wire_kind kind;
    const char *text; /* NULL: none expected */
} lines[] = {
    {"{\"progress\":0}", true, WIRE_PROGRESS, NULL},
    {"{\"progress\":100,\"text\":\"done\"}", true, WIRE_PROGRESS, "done"},
    {" {\"progress\": 40} \r", true, WIRE_PROGRESS, NULL},
    {"{\"progress\":101}", false, WIRE_PROGRESS, NULL},
    {"{\"progress\":-1}", false, WIRE_PROGRESS, NULL},
    {"{\"progress\":4.5}", false, WIRE_PROGRESS, NULL},
    {"{\"progress\":\"40\"}", false, WIRE_PROGRESS, NULL},
    {"{\"progress\":null}", false, WIRE_PROGRESS, NULL},
    {"{\"progress\":99999999999999999999}", false, WIRE_PROGRESS, NULL},
    {"{\"progress\":40,\"text\":7}", false, WIRE_PROGRESS, NULL},
    {"{\"result\":{\"rows\":3}}", true, WIRE_RESULT, "{\"rows\":3}"},
    {"{\"result\":null}", true, WIRE_RESULT, "null"},
    {"{\"result\":\"x\"}", true, WIRE_RESULT, "\"x\""},
    {"{\"result\":[1,2]}", true, WIRE_RESULT, "[1,2]"},
    {"{\"error\":\"no\"}", true, WIRE_ERROR, "no"},
    {"{\"error\":5}", false, WIRE_ERROR, NULL},
    {"{\"start_error\":\"no such program\"}", true, WIRE_START_ERROR, "no such program"},
    {"{\"artifact\":\"a.csv\"}", true, WIRE_ARTIFACT, "a.csv"},
    {"{\"artifact\":\"\"}", false, WIRE_ARTIFACT, NULL},
    {"{\"artifact\":\"a\\u0000b\"}", false, WIRE_ARTIFACT, NULL},
    {"{\"log\":\"hello\"}", true, WIRE_LOG, "hello"},
    {"{\"log\":\"hello\",\"level\":\"fatal\"}", false, WIRE_LOG, NULL},
    {"{\"cancelled\":true}", true, WIRE_CANCELLED, NULL},
    {"{\"cancelled\":false}", false, WIRE_CANCELLED, NULL},
    {"", false, WIRE_LOG, NULL},
    {"{}", false, WIRE_LOG, NULL},
    {"[]", false, WIRE_LOG, NULL},
    {"null", false, WIRE_LOG, NULL},
    {"{\"progress\":1} x", false, WIRE_LOG, NULL},
    {"{\"progress\":1", false, WIRE_LOG, NULL},
    {"{\"log\":\"\xff\xfe\"}", false, WIRE_LOG, NULL},
    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", false, WIRE_LOG, NULL},
};

START_TEST(each_line)
{
    struct wire_message message;
    const char *why = NULL;
    bool good = wire_parse(lines[_i].line, strlen(lines[_i].line), &message, &why);

    ck_assert_msg(good == lines[_i].good, "%s: %s", lines[_i].line, why != NULL ? why : "taken");
    if (good) {
        ck_assert_int_eq(message.kind, lines[_i].kind);
        ck_assert_pstr_eq(message.text, lines[_i].text);
        wire_message_clear(&message);
    } else {
        ck_assert_ptr_nonnull(why);
    }
}
END_TEST

START_TEST(log_level_is_kept)
{
    const char *line = "{\"log\":\"x\",\"level\":\"warn\"}", *why;
    struct wire_message message;

    ck_assert(wire_parse(line, strlen(line), &message, &why));
    ck_assert_int_eq(message.level, LOG_LEVEL_WARN);
    wire_message_clear(&message);
}
END_TEST

static char *long_line(const char *key, size_t size)
{
    char *line = malloc(size + 64);
    int used = sprintf(line, "{\"%s\":\"", key);

    memset(line + used, 'x', size);
    strcpy(line + used + size, "\"}");
    return line;
}

START_TEST(only_a_result_may_be_long)
{
    struct wire_message message;
    const char *why;
    char *log = long_line("log", WIRE_LINE_MAX), *result = long_line("result", WIRE_LINE_MAX);

    ck_assert(!wire_parse(log, strlen(log), &message, &why));
    ck_assert(wire_parse(result, strlen(result), &message, &why));
    wire_message_clear(&message);
    free(log);
    free(result);
}
END_TEST

START_TEST(what_is_formatted_parses)
{
    struct wire_message out = {.kind = WIRE_ARTIFACT,
                               .text = (char *)"dir/ä \"q\".csv",
                               .name = (char *)"n"},
                        in;
    const char *why;
    size_t size;
    char *line = wire_format(&out, &size);

    ck_assert_int_eq(line[size - 1], '\n');
    ck_assert(wire_parse(line, size - 1, &in, &why));
    ck_assert_str_eq(in.text, out.text);
    ck_assert_str_eq(in.name, out.name);
    wire_message_clear(&in);
    free(line);
}
END_TEST

START_TEST(a_pretty_printed_result_is_one_line)
{
    struct wire_message out = {.kind = WIRE_RESULT, .text = (char *)"{\n  \"a\": 1\n}"};
    size_t size;
    char *line = wire_format(&out, &size);

    ck_assert_ptr_eq(strchr(line, '\n'), line + size - 1);
    free(line);
}
END_TEST

struct heard {
    char text[256];
    unsigned cuts;
};

static void hear(void *arg, const char *line, size_t size, bool cut)
{
    struct heard *heard = arg;

    strncat(heard->text, line, size);
    strcat(heard->text, "|");
    heard->cuts += cut ? 1 : 0;
}

static void feed(struct wire_reader *reader, const char *text, struct heard *heard)
{
    wire_reader_feed(reader, text, strlen(text), hear, heard);
}

START_TEST(lines_are_put_together)
{
    struct wire_reader *reader = wire_reader_new(10);
    struct heard heard = {.text = ""};

    feed(reader, "a\nb", &heard);
    feed(reader, "c\n\nde", &heard);
    ck_assert_str_eq(heard.text, "a|bc||");
    wire_reader_finish(reader, hear, &heard);
    ck_assert_str_eq(heard.text, "a|bc||de|");
    wire_reader_free(reader);
}
END_TEST

START_TEST(long_lines_are_cut)
{
    struct wire_reader *reader = wire_reader_new(4);
    struct heard heard = {.text = ""};

    feed(reader, "1234\n12345\nab", &heard);
    feed(reader, "cdefgh", &heard);
    feed(reader, "ijk\nok\n", &heard);
    ck_assert_str_eq(heard.text, "1234|1234|abcd|ok|");
    ck_assert_uint_eq(heard.cuts, 2);
    wire_reader_free(reader);
}
END_TEST

START_TEST(any_cutting_of_the_stream_is_the_same)
{
    const char *stream = "one\ntwo two\n\nthree three three\nx";
    struct heard whole = {.text = ""};
    struct wire_reader *reader = wire_reader_new(9);

    feed(reader, stream, &whole);
    wire_reader_finish(reader, hear, &whole);
    for (size_t piece = 1; piece < strlen(stream); piece++) {
        struct heard heard = {.text = ""};
        for (size_t at = 0; at < strlen(stream); at += piece) {
            size_t left = strlen(stream) - at;
            wire_reader_feed(reader, stream + at, left < piece ? left : piece, hear, &heard);
        }
        wire_reader_finish(reader, hear, &heard);
        ck_assert_str_eq(heard.text, whole.text);
    }
    wire_reader_free(reader);
}
END_TEST

START_TEST(another_reader_goes_on_in_the_middle_of_a_line)
{
    const char *stream = "one\nlonger than ten\n\n12345678\nend";
    struct heard whole = {.text = ""};
    struct wire_reader *reader = wire_reader_new(10);

    wire_reader_feed(reader, stream, strlen(stream), hear, &whole);
    wire_reader_finish(reader, hear, &whole);
    wire_reader_free(reader);
    for (size_t at = 0; at <= strlen(stream); at++) {
        struct heard heard = {.text = ""};
        struct wire_reader *first = wire_reader_new(10), *second = wire_reader_new(10);
        struct wire_partial partial;

        wire_reader_feed(first, stream, at, hear, &heard);
        partial = wire_reader_partial(first);
        ck_assert(wire_reader_resume(second, &partial));
        wire_reader_free(first);
        wire_reader_feed(second, stream + at, strlen(stream) - at, hear, &heard);
        wire_reader_finish(second, hear, &heard);
        wire_reader_free(second);
        ck_assert_str_eq(heard.text, whole.text);
    }
}
END_TEST

START_TEST(a_state_of_another_reader_is_refused)
{
    struct wire_reader *reader = wire_reader_new(4);

    ck_assert(!wire_reader_resume(reader, &(struct wire_partial){"12345", 5, false}));
    ck_assert(!wire_reader_resume(reader, &(struct wire_partial){"1", 1, true}));
    wire_reader_free(reader);
}
END_TEST

static Suite *wire_suite(void)
{
    Suite *suite = suite_create("wire");
    TCase *parse = tcase_create("parse"), *reader = tcase_create("reader");

    tcase_add_loop_test(parse, each_line, 0, sizeof(lines) / sizeof(lines[0]));
    tcase_add_test(parse, log_level_is_kept);
    tcase_add_test(parse, only_a_result_may_be_long);
    tcase_add_test(parse, what_is_formatted_parses);
    tcase_add_test(parse, a_pretty_printed_result_is_one_line);
    tcase_add_test(reader, lines_are_put_together);
    tcase_add_test(reader, long_lines_are_cut);
    tcase_add_test(reader, any_cutting_of_the_stream_is_the_same);
    tcase_add_test(reader, another_reader_goes_on_in_the_middle_of_a_line);
    tcase_add_test(reader, a_state_of_another_reader_is_refused);
    suite_add_tcase(suite, parse);
    suite_add_tcase(suite, reader);
    return suite;
}

CHECK_MAIN(wire_suite)
