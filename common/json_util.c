/* SPDX-License-Identifier: MIT */
/* Typed access to json-c objects, and the text rules that JSON and logs share. */
#include "common/json_util.h"
#include "common/xalloc.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEPTH_MAX 32

/* What is wrong with a number, or NULL. json-c would take "1.", and without a word make the nearest
 * one it can hold of an integer that is too large; `exact` refuses that. */
static const char *number_fault(const char *number, size_t length, bool exact)
{
    static const char most[] = "18446744073709551615", least[] = "-9223372036854775808";
    const char *limit = number[0] == '-' ? least : most;

    for (size_t i = 0; i < length; i++) {
        if (number[i] == '.' && (i + 1 == length || number[i + 1] < '0' || number[i + 1] > '9'))
            return "is not JSON";
        if (strchr(".eE", number[i]) != NULL)
            return NULL;
    }
    if (!exact)
        return NULL;
    if (length > strlen(most) || (length == strlen(most) && strncmp(number, limit, length) > 0))
        return "has an integer that does not fit into 64 bits";
    return NULL;
}

/* What json-c takes though it is no JSON: names in single quotes, NaN, Infinity. Kept as they are,
 * they would be a text that other readers refuse. */
static const char *find_fault(const char *text, size_t size, bool exact)
{
    const char *fault = NULL;
    bool in_string = false;
    size_t length;

    for (size_t i = 0; i < size && fault == NULL; i++) {
        if (text[i] == '"') {
            in_string = !in_string;
        } else if (in_string) {
            i += text[i] == '\\';
        } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
            for (length = 1; i + length < size && strchr("0123456789+-.eE", text[i + length]);)
                length++;
            fault = number_fault(text + i, length, exact);
            i += length - 1;
        } else if (text[i] == '\'' || text[i] == 'N' || text[i] == 'I') {
            fault = "is not JSON";
        }
    }
    return fault;
}

static json_object *parse(const char *text, size_t size, bool exact, const char **why)
{
    struct json_tokener *tokener;
    json_object *object;
    enum json_tokener_error error;
    const char *fault;
    size_t end;

    *why = "is not JSON";
    if (size > INT_MAX || !utf8_is_valid(text, size)) {
        *why = "is not valid UTF-8 text";
        return NULL;
    }
    fault = find_fault(text, size, exact);
    if (fault != NULL) {
        *why = fault;
        return NULL;
    }
    tokener = json_tokener_new_ex(DEPTH_MAX);
    if (tokener == NULL)
        abort();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    object = json_tokener_parse_ex(tokener, text, (int)size);
    error = json_tokener_get_error(tokener);
    if (error == json_tokener_continue && object == NULL) {
        /* A bare number ends only at the NUL that follows it. */
        object = json_tokener_parse_ex(tokener, "", 1);
        error = json_tokener_get_error(tokener);
        end = size;
    } else {
        end = json_tokener_get_parse_end(tokener);
    }
    if (error == json_tokener_error_depth)
        *why = "is nested too deeply";
    json_tokener_free(tokener);
    while (end < size && strchr(" \t\r\n", text[end]) != NULL)
        end++;
    if (error != json_tokener_success || end < size) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

json_object *json_parse_text(const char *text, size_t size, const char **why)
{
    return parse(text, size, false, why);
}

json_object *json_parse_exact(const char *text, size_t size, const char **why)
{
    return parse(text, size, true, why);
}

enum json_get json_get_string(json_object *object, const char *key, const char **value)
{
    json_object *member;

    if (!json_object_object_get_ex(object, key, &member) || member == NULL)
        return JSON_ABSENT;
    if (!json_object_is_type(member, json_type_string))
        return JSON_WRONG_TYPE;
    if (strlen(json_object_get_string(member)) != (size_t)json_object_get_string_len(member))
        return JSON_WRONG_TYPE;
    *value = json_object_get_string(member);
    return JSON_OK;
}

enum json_get json_get_int(json_object *object, const char *key, int64_t least, int64_t most,
                           int64_t *value)
{
    json_object *member;
    int64_t number;

    if (!json_object_object_get_ex(object, key, &member) || member == NULL)
        return JSON_ABSENT;
    if (!json_object_is_type(member, json_type_int))
        return JSON_WRONG_TYPE;
    number = json_object_get_int64(member);
    if (number < least || number > most)
        return JSON_WRONG_TYPE;
    *value = number;
    return JSON_OK;
}

enum json_get json_get_bool(json_object *object, const char *key, bool *value)
{
    json_object *member;

    if (!json_object_object_get_ex(object, key, &member) || member == NULL)
        return JSON_ABSENT;
    if (!json_object_is_type(member, json_type_boolean))
        return JSON_WRONG_TYPE;
    *value = json_object_get_boolean(member);
    return JSON_OK;
}

void json_add_string(json_object *object, const char *key, const char *text)
{
    if (text != NULL)
        json_object_object_add(object, key, json_object_new_string(text));
}

void json_add_int(json_object *object, const char *key, int64_t value)
{
    json_object_object_add(object, key, json_object_new_int64(value));
}

void json_add_bool(json_object *object, const char *key, bool value)
{
    json_object_object_add(object, key, json_object_new_boolean(value));
}

void time_text(int64_t us, char text[TIME_TEXT_SIZE])
{
    time_t seconds = us / 1000000;
    struct tm utc;
    char stamp[20];

    gmtime_r(&seconds, &utc);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, TIME_TEXT_SIZE, "%s.%06uZ", stamp, (unsigned)(us % 1000000) % 1000000);
}

void json_add_time(json_object *object, const char *key, int64_t us)
{
    char text[TIME_TEXT_SIZE];

    if (us == 0)
        return;
    time_text(us, text);
    json_object_object_add(object, key, json_object_new_string(text));
}

/* Length of the UTF-8 sequence at text (Unicode 15, table 3-7: no overlong forms, no surrogates), 0
 * if there is none. */
static size_t utf8_sequence(const unsigned char *text, size_t size)
{
    unsigned char first = text[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xc2 ? 0
                    : first < 0xe0 ? 2
                    : first < 0xf0 ? 3
                    : first < 0xf5 ? 4
                                   : 0;

    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f) ||
        (first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

bool utf8_is_valid(const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t length = utf8_sequence((const unsigned char *)text + i, size - i);
        if (length == 0 || text[i] == '\0')
            return false;
        i += length;
    }
    return true;
}

bool utf8_is_control(const char *character)
{
    unsigned char byte = (unsigned char)character[0];

    return byte < 0x20 || byte == 0x7f ||
           (byte == 0xc2 && ((unsigned char)character[1] & 0xe0) == 0x80);
}

char *utf8_sanitise(const char *text, size_t size, size_t max)
{
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
    char *clean = xmalloc(max + 1);
    size_t used = 0;

    for (size_t i = 0; i < size;) {
        size_t length = utf8_sequence((const unsigned char *)text + i, size - i);
        bool keep = length > 0 && (text[i] == '\t' || !utf8_is_control(text + i));
        size_t put = keep ? length : 3;

        if (used + put > max)
            break;
        memcpy(clean + used, keep ? text + i : replacement, put);
        used += put;
        i += length > 0 ? length : 1;
    }
    clean[used] = '\0';
    return xrealloc(clean, used + 1, 1);
}
