/* SPDX-License-Identifier: MIT */
/* Which users are exported: the task's payload, {"keywords":"...","status":"..."}, both optional.
 */
#ifndef USER_EXPORT_FILTER_H
#define USER_EXPORT_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#define FILTER_KEYWORDS_MAX 255 /* bytes */

struct filter {
    char keywords[FILTER_KEYWORDS_MAX +
                  1]; /* part of a user name, e-mail address or full name; "" for any */
    char status[32];  /* exactly this status; "" for any */
};

/* Parses a payload; NULL or an empty one filters nothing. False with a sentence (static text) in
 * *why. */
bool filter_parse(const char *payload, size_t size, struct filter *filter, const char **why);

#endif
