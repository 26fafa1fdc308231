/* SPDX-License-Identifier: MIT */
/* A growing piece of memory, always NUL-terminated once something is in it. All zero is an empty
 * one. */
#ifndef CLIENT_BUFFER_H
#define CLIENT_BUFFER_H

#include <stddef.h>

struct buffer {
    char *data;  /* NULL while nothing was ever added */
    size_t size; /* bytes in use, without the NUL */
    size_t room;
};

void buffer_add(struct buffer *buffer, const char *data, size_t size);
void buffer_add_text(struct buffer *buffer, const char *text);
/* Empties it and keeps the memory. */
void buffer_reset(struct buffer *buffer);
/* Frees the memory; it may be used again. */
void buffer_clear(struct buffer *buffer);

#endif
