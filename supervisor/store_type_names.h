/* SPDX-License-Identifier: MIT */
/* Which types there are tasks of: asked of the database now and then and remembered, so that not
 * every search walks through them all. */
#ifndef SUPERVISOR_STORE_TYPE_NAMES_H
#define SUPERVISOR_STORE_TYPE_NAMES_H

#include "common/task.h"
#include <stdbool.h>
#include <stddef.h>

struct store_conn;

/* For so long the first task of a type that another supervisor has created may not be found. */
#define STORE_TYPE_NAMES_MS 3000
#define STORE_TYPE_NAMES_FOUND_MAX 64

struct store_type_names {
    char names[STORE_TYPE_NAMES_FOUND_MAX][TASK_TYPE_MAX + 1];
    size_t count;
};

/* Those that contain `search`, whatever its case; `type`, unless NULL, restricts it to that one.
 * `creator_id`, unless NULL: there may be some that he has no task of. Database threads only;
 * false: the connection has an error. */
bool store_type_names_find(struct store_conn *conn, const char *creator_id, const char *search,
                           const char *type, struct store_type_names *found);
/* A task of this type has just been committed. Any thread. */
void store_type_names_note(const char *type);

#endif
