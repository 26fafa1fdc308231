/* SPDX-License-Identifier: MIT */
/* The permissions that the service itself knows. Others come with task types, whose descriptors
 * name what their addresses need. */
#ifndef SUPERVISOR_PERMISSION_H
#define SUPERVISOR_PERMISSION_H

#include <stdbool.h>
#include <stddef.h>

#define PERMISSION_CODE_MAX 128 /* bytes; the column's width */

struct permission {
    const char *code; /* "task:list" */
    const char *name; /* the next two for people */
    const char *description;
};

/* The n-th in the order of the documents; NULL behind the last. */
const struct permission *permission_at(size_t n);
/* NULL: the service does not know it. */
const struct permission *permission_find(const char *code);
/* Lower-case words with ':' between them, so that it can be one. */
bool permission_is_code(const char *text);

#endif
