/* SPDX-License-Identifier: MIT */
/* A list of allocations with one end. */
#include "supervisor/store_arena.h"

#include "common/xalloc.h"
#include <stdlib.h>
#include <string.h>

struct store_arena_block {
    struct store_arena_block *next;
    max_align_t data[];
};

static void *add_block(struct store_arena *arena, size_t size)
{
    struct store_arena_block *block = xmalloc(sizeof *block + size);
    block->next = arena->blocks;
    arena->blocks = block;
    return block->data;
}

void *store_arena_get(struct store_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        abort();
    }
    return memset(add_block(arena, bytes), 0, bytes);
}

char *store_arena_text(struct store_arena *arena, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    size_t size = strlen(text) + 1;
    return memcpy(add_block(arena, size), text, size);
}

void store_arena_clear(struct store_arena *arena)
{
    while (arena->blocks != NULL) {
        struct store_arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
}
