/* SPDX-License-Identifier: MIT */
/* A small, strict reader: fixed places, then the fraction, then the zone. */
#include "common/rfc3339.h"

#include <string.h>
#include <time.h>

#define DATE_LENGTH 19 /* up to the seconds */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number of exactly `digits` digits in the range; -1 otherwise. */
static int number(const char *text, int digits, int least, int most)
{
    int value = 0;

    for (int i = 0; i < digits; i++) {
        if (!is_digit(text[i]))
            return -1;
        value = 10 * value + (text[i] - '0');
    }
    return value >= least && value <= most ? value : -1;
}

static bool has_shape(const char *text)
{
    return strlen(text) > DATE_LENGTH && text[4] == '-' && text[7] == '-' &&
           (text[10] == 'T' || text[10] == 't') && text[13] == ':' && text[16] == ':';
}

static bool read_date(const char *text, time_t *seconds)
{
    struct tm utc = {.tm_year = number(text, 4, 1970, 9999) - 1900,
                     .tm_mon = number(text + 5, 2, 1, 12) - 1,
                     .tm_mday = number(text + 8, 2, 1, 31),
                     .tm_hour = number(text + 11, 2, 0, 23),
                     .tm_min = number(text + 14, 2, 0, 59),
                     .tm_sec = number(text + 17, 2, 0, 60)};
    int day = utc.tm_mday;

    if (utc.tm_year < 0 || utc.tm_mon < 0 || day < 0 || utc.tm_hour < 0 || utc.tm_min < 0 ||
        utc.tm_sec < 0)
        return false;
    if (utc.tm_sec == 60)
        utc.tm_sec = 59; /* a leap second */
    *seconds = timegm(&utc);
    return utc.tm_mday == day; /* not the 30th of February */
}

/* The fraction in microseconds; *text moves behind it. */
static bool read_fraction(const char **text, int64_t *us)
{
    int64_t unit = 100000;

    *us = 0;
    if (**text != '.')
        return true;
    ++*text;
    if (!is_digit(**text))
        return false;
    for (; is_digit(**text); ++*text, unit /= 10)
        *us += (**text - '0') * unit;
    return true;
}

static bool read_zone(const char *text, int *minutes)
{
    int hours, rest;

    *minutes = 0;
    if ((text[0] == 'Z' || text[0] == 'z') && text[1] == '\0')
        return true;
    if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6 || text[3] != ':')
        return false;
    hours = number(text + 1, 2, 0, 23);
    rest = number(text + 4, 2, 0, 59);
    *minutes = (text[0] == '-' ? -1 : 1) * (60 * hours + rest);
    return hours >= 0 && rest >= 0;
}

bool rfc3339_parse(const char *text, int64_t *us)
{
    const char *rest;
    time_t seconds;
    int64_t fraction;
    int minutes;

    if (!has_shape(text) || !read_date(text, &seconds))
        return false;
    rest = text + DATE_LENGTH;
    if (!read_fraction(&rest, &fraction) || !read_zone(rest, &minutes))
        return false;
    *us = ((int64_t)seconds - 60 * minutes) * 1000000 + fraction;
    return true;
}
