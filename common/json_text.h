/* SPDX-License-Identifier: MIT */
/* JSON as text, for what is too large to be built as objects first. Any thread. */
#ifndef COMMON_JSON_TEXT_H
#define COMMON_JSON_TEXT_H

#include <stddef.h>

struct json_text {
    char *bytes; /* not terminated; NULL: nothing */
    size_t size;
};

/* Appends `,"key":"value"`, escaped as json-c does it (with JSON_C_TO_STRING_NOSLASHESCAPE);
 * nothing if value is NULL or empty. `key` needs no escaping. */
void json_text_add_member(struct json_text *text, const char *key, const char *value);
void json_text_clear(struct json_text *text);

#endif
