/* SPDX-License-Identifier: MIT */
/* The event stream parser: fields, line endings, pieces of every size, limits. */
#include "client/sse.h"
#include "client/buffer.h"
#include "tests/check_main.h"

#include <stdlib.h>
#include <string.h>

/* Events as "name|data|id" lines. */
static void record(void *arg, const struct sse_event *event)
{
    struct buffer *seen = arg;

    buffer_add_text(seen, event->name);
    buffer_add_text(seen, "|");
    buffer_add(seen, event->data, event->data_size);
    buffer_add_text(seen, "|");
    buffer_add_text(seen, event->id);
    buffer_add_text(seen, "\n");
}

/* Feeds the text in pieces of `piece` bytes and compares what came out. */
static void expect_pieces(const char *stream, size_t piece, const char *expected)
{
    struct buffer seen = {0};
    struct sse *sse = sse_new(record, &seen);
    size_t size = strlen(stream), at;

    buffer_add_text(&seen, "");
    for (at = 0; at < size; at += piece)
        ck_assert(sse_feed(sse, stream + at, size - at < piece ? size - at : piece));
    ck_assert_str_eq(seen.data, expected);
    sse_free(sse);
    buffer_clear(&seen);
}

static void expect(const char *stream, const char *expected)
{
    size_t piece;

    for (piece = 1; piece <= strlen(stream); piece++)
        expect_pieces(stream, piece, expected);
}

START_TEST(reads_a_task_event)
{
    expect("event: task\nid: 7\ndata: {\"id\":1}\n\n", "task|{\"id\":1}|7\n");
}
END_TEST

START_TEST(joins_data_lines)
{
    expect("data: a\ndata:b\ndata:  c\n\n", "message|a\nb\n c|\n");
}
END_TEST

START_TEST(takes_every_line_ending)
{
    expect("event: x\r\ndata: 1\r\n\r\nevent: y\rdata: 2\r\rdata: 3\n\n",
           "x|1|\ny|2|\nmessage|3|\n");
}
END_TEST

START_TEST(keeps_the_id_and_forgets_the_name)
{
    expect("event: a\nid: 1\ndata: x\n\ndata: y\n\nid\ndata: z\n\n",
           "a|x|1\nmessage|y|1\nmessage|z|\n");
}
END_TEST

START_TEST(skips_comments_and_unknown_fields)
{
    expect(": ping\n\n:\nretry: 100\nfoo: bar\nbaz\ndata: x\n\n", "message|x|\n");
}
END_TEST

START_TEST(skips_events_without_data)
{
    expect("event: a\n\nevent: b\ndata\n\ndata: x\n\n", "message|x|\n");
}
END_TEST

START_TEST(drops_an_unfinished_event)
{
    expect("data: x\n\ndata: y\n", "message|x|\n");
}
END_TEST

START_TEST(skips_a_byte_order_mark_once)
{
    expect("\xEF\xBB\xBF"
           "data: x\n\n\xEF\xBB\xBF"
           "data: y\n\n",
           "message|x|\n");
}
END_TEST

START_TEST(a_colon_in_the_value_stays)
{
    expect("data: a: b\n\n", "message|a: b|\n");
}
END_TEST

START_TEST(refuses_an_endless_line)
{
    struct buffer seen = {0};
    struct sse *sse = sse_new(record, &seen);
    char *chunk = malloc(1024 * 1024);
    int i;

    memset(chunk, 'x', 1024 * 1024);
    ck_assert(sse_feed(sse, "data: ", 6));
    for (i = 0; i < 15; i++)
        ck_assert(sse_feed(sse, chunk, 1024 * 1024));
    ck_assert(!sse_feed(sse, chunk, 1024 * 1024));
    ck_assert(!sse_feed(sse, "\n\n", 2));
    ck_assert_ptr_null(seen.data);
    free(chunk);
    sse_free(sse);
}
END_TEST

START_TEST(refuses_endless_data_lines)
{
    struct buffer seen = {0};
    struct sse *sse = sse_new(record, &seen);
    char line[1024];
    int i;

    memset(line, 'x', sizeof(line));
    memcpy(line, "data: ", 6);
    line[sizeof(line) - 1] = '\n';
    for (i = 0; i < SSE_EVENT_MAX / 1024 + 1000 && sse_feed(sse, line, sizeof(line)); i++)
        ;
    ck_assert_int_lt(i, SSE_EVENT_MAX / 1024 + 1000);
    sse_free(sse);
}
END_TEST

static Suite *sse_suite(void)
{
    Suite *suite = suite_create("sse");
    TCase *tcase = tcase_create("stream");

    tcase_add_test(tcase, reads_a_task_event);
    tcase_add_test(tcase, joins_data_lines);
    tcase_add_test(tcase, takes_every_line_ending);
    tcase_add_test(tcase, keeps_the_id_and_forgets_the_name);
    tcase_add_test(tcase, skips_comments_and_unknown_fields);
    tcase_add_test(tcase, skips_events_without_data);
    tcase_add_test(tcase, drops_an_unfinished_event);
    tcase_add_test(tcase, skips_a_byte_order_mark_once);
    tcase_add_test(tcase, a_colon_in_the_value_stays);
    tcase_add_test(tcase, refuses_an_endless_line);
    tcase_add_test(tcase, refuses_endless_data_lines);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(sse_suite)
