/* SPDX-License-Identifier: MIT */
/* Text for people. What a task wrote is made harmless first: escape sequences could rewrite an
 * administrator's terminal. */
#include "client/cli_format.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#define SECOND ((int64_t)1000000)

/* Digits after the point as microseconds; more than six are cut. */
static const char *format_parse_fraction(const char *text, int64_t *us)
{
    int64_t unit = SECOND / 10;

    *us = 0;
    if (*text != '.')
        return text;
    for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
        *us += (*text - '0') * unit;
    return text;
}

static bool format_parse_zone(const char *text, int64_t *us)
{
    unsigned hours, minutes;
    int end = 0;

    *us = 0;
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
        return true;
    if ((*text != '+' && *text != '-') ||
        sscanf(text + 1, "%2u:%2u%n", &hours, &minutes, &end) != 2 || text[1 + end] != '\0')
        return false;
    *us = (int64_t)(hours * 3600 + minutes * 60) * SECOND * (*text == '-' ? -1 : 1);
    return true;
}

bool format_parse_time(const char *text, int64_t *us)
{
    struct tm tm = {0};
    int64_t fraction, zone;
    int end = 0;

    if (text == NULL || sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon,
                               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 6)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    text = format_parse_fraction(text + end, &fraction);
    if (!format_parse_zone(text, &zone))
        return false;
    *us = (int64_t)timegm(&tm) * SECOND + fraction - zone;
    return true;
}

void format_time(const char *rfc3339, bool milliseconds, char text[FORMAT_TIME_SIZE])
{
    int64_t us;
    time_t seconds;
    struct tm tm;
    size_t size;

    if (!format_parse_time(rfc3339, &us)) {
        strcpy(text, "-");
        return;
    }
    seconds = (time_t)(us / SECOND);
    if (localtime_r(&seconds, &tm) == NULL ||
        (size = strftime(text, FORMAT_TIME_SIZE, "%F %T", &tm)) == 0)
        strcpy(text, "-");
    else if (milliseconds && size + 5 <= FORMAT_TIME_SIZE)
        snprintf(text + size, FORMAT_TIME_SIZE - size, ".%03d", (int)(us % SECOND / 1000) % 1000);
}

void format_duration(int64_t us, char text[FORMAT_SHORT_SIZE])
{
    int64_t seconds = us / SECOND;

    if (us < 0)
        strcpy(text, "-");
    else if (seconds < 1)
        snprintf(text, FORMAT_SHORT_SIZE, "%.2f s", (double)us / SECOND);
    else if (seconds < 60)
        snprintf(text, FORMAT_SHORT_SIZE, "%.1f s", (double)(us / 100000) / 10);
    else if (seconds < 3600)
        snprintf(text, FORMAT_SHORT_SIZE, "%" PRId64 " min %02" PRId64 " s", seconds / 60,
                 seconds % 60);
    else if (seconds < 86400)
        snprintf(text, FORMAT_SHORT_SIZE, "%" PRId64 " h %02" PRId64 " min", seconds / 3600,
                 seconds / 60 % 60);
    else
        snprintf(text, FORMAT_SHORT_SIZE, "%" PRId64 " d %02" PRId64 " h", seconds / 86400,
                 seconds / 3600 % 24);
}

void format_bytes(int64_t bytes, char text[FORMAT_SHORT_SIZE])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1024;
        unit++;
    }
    if (unit == 0 || value >= 10)
        snprintf(text, FORMAT_SHORT_SIZE, "%.0f %s", value, units[unit]);
    else
        snprintf(text, FORMAT_SHORT_SIZE, "%.1f %s", value, units[unit]);
}

size_t format_width(const char *text)
{
    size_t length = mbstowcs(NULL, text, 0);
    wchar_t *wide;
    int width;

    if (length == (size_t)-1)
        return strlen(text);
    wide = xcalloc(length + 1, sizeof(*wide));
    (void)mbstowcs(wide, text, length + 1);
    width = wcswidth(wide, length);
    free(wide);
    return width < 0 ? strlen(text) : (size_t)width;
}

/* Cuts characters from the end, whole UTF-8 sequences, until the text fits. */
static void format_cut(char *text, unsigned columns)
{
    size_t size = strlen(text);

    while (size > 0 && format_width(text) > columns) {
        size--;
        while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
            size--;
        text[size] = '\0';
    }
}

char *format_bar(unsigned columns, int percent, int64_t elapsed_us, const char *note)
{
    char elapsed[FORMAT_SHORT_SIZE], bar[64];
    unsigned width = columns >= 70 ? 30 : columns >= 50 ? 15 : 5, filled;
    char *safe = format_safe(note, 0), *line;

    percent = percent < 0 ? 0 : percent > 100 ? 100 : percent;
    filled = width * (unsigned)percent / 100;
    memset(bar, '-', width);
    memset(bar, '#', filled);
    bar[width] = '\0';
    format_duration(elapsed_us, elapsed);
    line = xasprintf("[%s] %3d%%  %s%s%s", bar, percent, elapsed, *safe != '\0' ? "  " : "", safe);
    free(safe);
    format_cut(line, columns);
    return line;
}

char *format_safe(const char *text, size_t max)
{
    size_t size = text != NULL ? strlen(text) : 0;

    return utf8_sanitise(text != NULL ? text : "", size, max != 0 ? max : size * 3 + 1);
}

char *format_safe_lines(const char *text, unsigned indent)
{
    char *all = xstrdup(""), *safe, *longer, *part;
    size_t length;

    for (; *text != '\0'; text += length) {
        bool more;

        length = strcspn(text, "\n");
        more = text[length] == '\n' && text[length + 1] != '\0';
        part = xstrndup(text, length);
        safe = format_safe(part, 0);
        longer = more ? xasprintf("%s%s\n%*s", all, safe, (int)indent, "")
                      : xasprintf("%s%s", all, safe);
        free(all);
        free(part);
        free(safe);
        all = longer;
        length += text[length] == '\n';
    }
    return all;
}
