/* SPDX-License-Identifier: MIT */
/* Text for people: times, durations, sizes, bars, and safe text. Pure, apart from the local time
 * zone. */
#ifndef CLIENT_CLI_FORMAT_H
#define CLIENT_CLI_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_TIME_SIZE 24
#define FORMAT_SHORT_SIZE 32

/* RFC 3339 ("2026-02-19T14:03:10.123456Z", "...+01:00") to microseconds since 1970. False if it is
 * not. */
bool format_parse_time(const char *text, int64_t *us);

/* Local time "2026-02-19 14:03:10", with milliseconds if asked; "-" for NULL or nonsense. */
void format_time(const char *rfc3339, bool milliseconds, char text[FORMAT_TIME_SIZE]);

/* "0.25 s", "12.3 s", "4 min 05 s", "2 h 03 min", "5 d 07 h" */
void format_duration(int64_t us, char text[FORMAT_SHORT_SIZE]);

/* "512 B", "1.5 KiB", "20 MiB" */
void format_bytes(int64_t bytes, char text[FORMAT_SHORT_SIZE]);

/* One line of at most `columns` columns: "[#####-----]  50%  3.2 s  text". Caller frees. */
char *format_bar(unsigned columns, int percent, int64_t elapsed_us, const char *note);

/* Safe to print on a terminal: no control characters, valid UTF-8, at most max bytes (0: any). NULL
 * gives "". Caller frees. */
char *format_safe(const char *text, size_t max);

/* The same, line breaks kept and lines after the first indented. */
char *format_safe_lines(const char *text, unsigned indent);

/* Columns on the terminal, by the current locale; bytes if that cannot be told. */
size_t format_width(const char *text);

#endif
