/* SPDX-License-Identifier: MIT */
/* Typed access to json-c objects; nothing here aborts on what came from outside. */
#ifndef COMMON_JSON_UTIL_H
#define COMMON_JSON_UTIL_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parses exactly one JSON value (depth 32, valid UTF-8, nothing but white space after it). NULL and
 * a reason (static text) in *why otherwise. `null` as the whole text counts as an error. */
json_object *json_parse_text(const char *text, size_t size, const char **why);
/* For what is handed on: refuses an integer that does not fit into 64 bits as well, where the other
 * one makes the nearest of it, which a check of ranges then finds. */
json_object *json_parse_exact(const char *text, size_t size, const char **why);

enum json_get { JSON_ABSENT, JSON_OK, JSON_WRONG_TYPE };

/* A member that is null counts as absent. *value is untouched unless JSON_OK. Strings belong to the
 * object; a string that holds a NUL character is JSON_WRONG_TYPE. */
enum json_get json_get_string(json_object *object, const char *key, const char **value);
enum json_get json_get_int(json_object *object, const char *key, int64_t least, int64_t most,
                           int64_t *value);
enum json_get json_get_bool(json_object *object, const char *key, bool *value);

/* Adds a string member unless text is NULL. */
void json_add_string(json_object *object, const char *key, const char *text);
void json_add_int(json_object *object, const char *key, int64_t value);
void json_add_bool(json_object *object, const char *key, bool value);

/* Adds an RFC 3339 UTC time with microseconds unless us is 0. */
void json_add_time(json_object *object, const char *key, int64_t us);
#define TIME_TEXT_SIZE 28 /* 2026-02-19T14:03:10.123456Z and its NUL */
void time_text(int64_t us, char text[TIME_TEXT_SIZE]);

/* True if the bytes are valid UTF-8 without NUL. */
bool utf8_is_valid(const char *text, size_t size);

/* True if a control character begins there: of ASCII, or one of ISO 8859 (U+0080 to U+009F, two
 * bytes), which some terminals obey. */
bool utf8_is_control(const char *character);

/* Copies text, invalid UTF-8 and control characters (but \t) replaced, at most max bytes; caller
 * frees. */
char *utf8_sanitise(const char *text, size_t size, size_t max);

#endif
