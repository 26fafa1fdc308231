/* SPDX-License-Identifier: MIT */
/* Headers that are not understood are as if they were not there. */
#include "supervisor/http_range.h"
#include "common/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DIGITS_MAX 18

/* Reads digits; false if there are none or too many. */
static bool take_number(const char **text, uint64_t *number)
{
    size_t digits = strspn(*text, "0123456789");

    *number = strtoull(*text, NULL, 10);
    *text += digits;
    return digits > 0 && digits <= DIGITS_MAX;
}

static enum http_range_kind last_bytes(uint64_t count, uint64_t size, struct http_range *range)
{
    if (count == 0 || size == 0)
        return HTTP_RANGE_UNSATISFIABLE;
    range->length = count < size ? count : size;
    range->first = size - range->length;
    return HTTP_RANGE_PART;
}

enum http_range_kind http_range_parse(const char *text, uint64_t size, struct http_range *range)
{
    uint64_t first, last;
    bool has_last;

    *range = (struct http_range){.length = size};
    if (text == NULL || strncmp(text, "bytes=", 6) != 0)
        return HTTP_RANGE_WHOLE;
    text += 6;
    if (*text == '-') {
        text++;
        return take_number(&text, &last) && *text == '\0' ? last_bytes(last, size, range)
                                                          : HTTP_RANGE_WHOLE;
    }
    if (!take_number(&text, &first) || *text++ != '-')
        return HTTP_RANGE_WHOLE;
    has_last = *text != '\0';
    if (has_last && (!take_number(&text, &last) || *text != '\0' || last < first))
        return HTTP_RANGE_WHOLE;
    if (first >= size)
        return HTTP_RANGE_UNSATISFIABLE;
    range->first = first;
    range->length = has_last && last < size ? last - first + 1 : size - first;
    return HTTP_RANGE_PART;
}

/* ---- dates ---- */

#define DATE_FORMAT "%a, %d %b %Y %H:%M:%S GMT" /* in the C locale, which is never left */

void http_date_format(int64_t seconds, char date[HTTP_DATE_SIZE])
{
    time_t time = (time_t)seconds;
    struct tm tm;

    if (gmtime_r(&time, &tm) == NULL || strftime(date, HTTP_DATE_SIZE, DATE_FORMAT, &tm) == 0)
        date[0] = '\0';
}

static bool parse_date(const char *text, int64_t *seconds)
{
    struct tm tm = {0};
    const char *end = strptime(text, DATE_FORMAT, &tm);

    *seconds = timegm(&tm);
    return end != NULL && *end == '\0';
}

/* ---- conditions ---- */

/* The weak comparison: W/ in front does not matter. */
static bool lists_tag(const char *list, const char *etag)
{
    size_t length = strlen(etag);

    for (const char *found = strstr(list, etag); found != NULL; found = strstr(found + 1, etag))
        if (found[length] == '\0' || strchr(", \t", found[length]) != NULL)
            return true;
    return list[strspn(list, " \t")] == '*';
}

bool http_version_is_known(const struct http_version *version, const char *none_match,
                           const char *modified_since)
{
    int64_t since_s;

    if (none_match != NULL && version->etag != NULL)
        return lists_tag(none_match, version->etag);
    return modified_since != NULL && parse_date(modified_since, &since_s) &&
           version->changed_s <= since_s;
}

bool http_version_may_be_continued(const struct http_version *version, const char *if_range)
{
    int64_t changed_s;

    if (if_range == NULL || (version->etag != NULL && strcmp(if_range, version->etag) == 0))
        return true;
    return parse_date(if_range, &changed_s) && changed_s == version->changed_s;
}

/* ---- names and types ---- */

static bool is_utf8(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;

    while (*c != '\0') {
        unsigned more = *c < 0x80 ? 0 : *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : 1;
        if ((*c >= 0x80 && *c < 0xc2) || *c > 0xf4)
            return false;
        for (c++; more > 0; more--, c++)
            if ((*c & 0xc0) != 0x80)
                return false;
    }
    return true;
}

/* Without what would end the quotes, the header or the name's directory. */
static char *harmless(const char *name)
{
    char *copy = xstrdup(name), *out = copy;

    for (const char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x20 && *c != 0x7f && strchr("\"\\/", *c) == NULL)
            *out++ = *c;
    *out = '\0';
    if (copy[0] == '\0' || strcmp(copy, ".") == 0 || strcmp(copy, "..") == 0) {
        free(copy);
        return xstrdup("download");
    }
    return copy;
}

/* RFC 8187, section 3.2.1 */
static char *percent_encoded(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "!#$&+-.^_`|~";
    char *encoded = xmalloc(strlen(text) * 3 + 1), *out = encoded;

    for (const char *c = text; *c != '\0'; c++)
        if (strchr(plain, *c) != NULL)
            *out++ = *c;
        else
            out += sprintf(out, "%%%02X", (unsigned char)*c);
    *out = '\0';
    return encoded;
}

char *http_disposition(const char *name, bool attachment)
{
    const char *kind = attachment ? "attachment" : "inline";
    char *good = harmless(name), *fallback = xstrdup(good), *encoded = percent_encoded(good);
    bool is_plain = true;
    char *value;

    for (char *c = fallback; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80 || *c == '%') {
            *c = '_';
            is_plain = false;
        }
    if (is_plain || !is_utf8(good))
        value = xasprintf("%s; filename=\"%s\"", kind, fallback);
    else
        value = xasprintf("%s; filename=\"%s\"; filename*=UTF-8''%s", kind, fallback, encoded);
    free(good);
    free(fallback);
    free(encoded);
    return value;
}

bool http_type_is_active(const char *content_type)
{
    static const char *const active[] = {"html",       "svg",     "xml",   "javascript",
                                         "ecmascript", "jscript", "flash", "mathml"};

    for (size_t i = 0; i < sizeof(active) / sizeof(active[0]); i++)
        if (strcasestr(content_type, active[i]) != NULL)
            return true;
    return false;
}
