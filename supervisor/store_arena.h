/* SPDX-License-Identifier: MIT */
/* Memory that is freed all at once: what a call was given, and what its answer points to. Not
 * thread safe. */
#ifndef SUPERVISOR_STORE_ARENA_H
#define SUPERVISOR_STORE_ARENA_H

#include <stddef.h>

struct store_arena {
    struct store_arena_block *blocks; /* zero the struct to start with */
};

void *store_arena_get(struct store_arena *arena, size_t count, size_t size); /* zeroed */
char *store_arena_text(struct store_arena *arena, const char *text); /* a copy; NULL gives NULL */
void store_arena_clear(struct store_arena *arena);

#endif
