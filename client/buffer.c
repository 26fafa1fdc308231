/* SPDX-License-Identifier: MIT */
/* Growing memory; doubles its room, aborts when memory is gone. Its users limit what they add. */
#include "client/buffer.h"
#include "common/xalloc.h"

#include <stdlib.h>
#include <string.h>

void buffer_add(struct buffer *buffer, const char *data, size_t size)
{
    if (buffer->room - buffer->size <= size) {
        size_t room = buffer->room != 0 ? buffer->room : 256;

        while (room - buffer->size <= size)
            room *= 2;
        buffer->data = xrealloc(buffer->data, room, 1);
        buffer->room = room;
    }
    if (size > 0)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_reset(struct buffer *buffer)
{
    buffer->size = 0;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
    memset(buffer, 0, sizeof(*buffer));
}
