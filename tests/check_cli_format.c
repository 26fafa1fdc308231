/* SPDX-License-Identifier: MIT */
/* What the command line program shows to people: times, durations, sizes, bars, tables, and that
 * nothing harmful gets through. */
#include "client/cli_format.h"
#include "client/cli_grid.h"
#include "tests/check_main.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *text;
    int64_t us; /* -1: refused */
} times[] = {
    {"1970-01-01T00:00:01Z", 1000000},
    {"2026-02-19T14:03:10.5Z", 1771509790500000},
    {"2026-02-19T15:03:10.123456789+01:00", 1771509790123456},
    {"2026-02-19T09:33:10-04:30", 1771509790000000},
    {"2026-02-19 14:03:10z", 1771509790000000},
    {"2026-02-19T14:03:10", -1},
    {"2026-02-19", -1},
    {"2026-02-19T14:03:10+0100", -1},
    {"", -1},
    {NULL, -1},
};

START_TEST(parses_times)
{
    int64_t us = 0;
    bool good = format_parse_time(times[_i].text, &us);

    ck_assert_int_eq(good, times[_i].us != -1);
    if (good)
        ck_assert_int_eq(us, times[_i].us);
}
END_TEST

START_TEST(shows_local_time)
{
    char text[FORMAT_TIME_SIZE];

    setenv("TZ", "UTC-2", 1); /* two hours east */
    tzset();
    format_time("2026-02-19T14:03:10.123456Z", false, text);
    ck_assert_str_eq(text, "2026-02-19 16:03:10");
    format_time("2026-02-19T14:03:10.123456Z", true, text);
    ck_assert_str_eq(text, "2026-02-19 16:03:10.123");
    format_time(NULL, true, text);
    ck_assert_str_eq(text, "-");
    format_time("soon", true, text);
    ck_assert_str_eq(text, "-");
}
END_TEST

static const struct {
    int64_t us;
    const char *text;
} durations[] = {
    {0, "0.00 s"},
    {250000, "0.25 s"},
    {12345678, "12.3 s"},
    {59999999, "59.9 s"},
    {60000000, "1 min 00 s"},
    {245000000, "4 min 05 s"},
    {7380000000, "2 h 03 min"},
    {460800000000, "5 d 08 h"},
    {-1, "-"},
};

START_TEST(shows_durations)
{
    char text[FORMAT_SHORT_SIZE];

    format_duration(durations[_i].us, text);
    ck_assert_str_eq(text, durations[_i].text);
}
END_TEST

static const struct {
    int64_t bytes;
    const char *text;
} sizes[] = {{0, "0 B"},
             {1023, "1023 B"},
             {1536, "1.5 KiB"},
             {20 * 1024 * 1024, "20 MiB"},
             {5LL << 50, "5120 TiB"}};

START_TEST(shows_sizes)
{
    char text[FORMAT_SHORT_SIZE];

    format_bytes(sizes[_i].bytes, text);
    ck_assert_str_eq(text, sizes[_i].text);
}
END_TEST

static void expect_bar(unsigned columns, int percent, const char *note, const char *expected)
{
    char *line = format_bar(columns, percent, 3200000, note);

    ck_assert_str_eq(line, expected);
    free(line);
}

START_TEST(draws_bars)
{
    expect_bar(79, 50, "page 1", "[###############---------------]  50%  3.2 s  page 1");
    expect_bar(79, 0, NULL, "[------------------------------]   0%  3.2 s");
    expect_bar(60, 100, "x", "[###############] 100%  3.2 s  x");
    expect_bar(20, 40, "x", "[##---]  40%  3.2 s ");
    expect_bar(79, 200, "", "[##############################] 100%  3.2 s");
    expect_bar(79, -5, "", "[------------------------------]   0%  3.2 s");
}
END_TEST

START_TEST(bars_keep_to_one_line)
{
    char note[1000], *line;

    memset(note, 'n', sizeof(note));
    note[sizeof(note) - 1] = '\0';
    line = format_bar(79, 50, 0, note);
    ck_assert_uint_eq(strlen(line), 79);
    free(line);
    line = format_bar(79, 50, 0, "a\nb\033[2Jc\rd");
    ck_assert_ptr_null(strpbrk(line, "\n\033\r"));
    free(line);
}
END_TEST

START_TEST(makes_text_safe)
{
    char *safe = format_safe("a\033[31mb\r\n\x7f\xff\xc2\x9b", 0);

    ck_assert_str_eq(
        safe, "a\xef\xbf\xbd[31mb\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    free(safe);
    safe = format_safe(NULL, 0);
    ck_assert_str_eq(safe, "");
    free(safe);
    safe = format_safe("abcdef", 3);
    ck_assert_str_eq(safe, "abc");
    free(safe);
}
END_TEST

START_TEST(keeps_lines_apart)
{
    char *safe = format_safe_lines("a\nb\033\n\nc\n", 2);

    ck_assert_str_eq(safe, "a\n  b\xef\xbf\xbd\n  \n  c");
    free(safe);
}
END_TEST

static void expect_grid(struct grid *grid, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    grid_print(grid, out);
    fclose(out);
    ck_assert_str_eq(text, expected);
    free(text);
    grid_free(grid);
}

START_TEST(aligns_columns)
{
    struct grid *grid = grid_new("NAME|>N|LAST", 3);

    grid_add(grid, "a");
    grid_addf(grid, "%d", 100);
    grid_add(grid, "x y");
    grid_add(grid, "longer");
    grid_add(grid, "1");
    grid_add(grid, NULL);
    ck_assert_uint_eq(grid_rows(grid), 2);
    expect_grid(grid, "NAME      N  LAST\n"
                      "a       100  x y\n"
                      "longer    1  -\n");
}
END_TEST

START_TEST(measures_wide_text)
{
    struct grid *grid = grid_new("", 2);

    setlocale(LC_ALL, "C.UTF-8");
    grid_add(grid, "\xc3\xa9"); /* e with acute: two bytes, one column */
    grid_add(grid, "1");
    grid_add(grid, "\xe6\x97\xa5"); /* a character of two columns */
    grid_add(grid, "2");
    expect_grid(grid, "\xc3\xa9   1\n\xe6\x97\xa5  2\n");
}
END_TEST

START_TEST(cells_cannot_break_the_table)
{
    struct grid *grid = grid_new("", 2);

    grid_add(grid, "a\tb\nc");
    grid_add(grid, "");
    setlocale(LC_ALL, "C.UTF-8");
    expect_grid(grid, "a b\xef\xbf\xbd"
                      "c  -\n");
}
END_TEST

START_TEST(an_empty_table_is_its_titles)
{
    struct grid *grid = grid_new("A|B", 2);

    ck_assert_uint_eq(grid_rows(grid), 0);
    expect_grid(grid, "A  B\n");
}
END_TEST

static Suite *cli_format_suite(void)
{
    Suite *suite = suite_create("cli_format");
    TCase *tcase = tcase_create("text");

    setlocale(LC_ALL, "C.UTF-8");
    tcase_add_loop_test(tcase, parses_times, 0, sizeof(times) / sizeof(times[0]));
    tcase_add_test(tcase, shows_local_time);
    tcase_add_loop_test(tcase, shows_durations, 0, sizeof(durations) / sizeof(durations[0]));
    tcase_add_loop_test(tcase, shows_sizes, 0, sizeof(sizes) / sizeof(sizes[0]));
    tcase_add_test(tcase, draws_bars);
    tcase_add_test(tcase, bars_keep_to_one_line);
    tcase_add_test(tcase, makes_text_safe);
    tcase_add_test(tcase, keeps_lines_apart);
    tcase_add_test(tcase, aligns_columns);
    tcase_add_test(tcase, measures_wide_text);
    tcase_add_test(tcase, cells_cannot_break_the_table);
    tcase_add_test(tcase, an_empty_table_is_its_titles);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(cli_format_suite)
