/* SPDX-License-Identifier: MIT */
/* Cuts a byte stream into lines of bounded length; holds at most one partial line in memory. */
#include "common/wire.h"
#include "common/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct wire_reader {
    char *partial;
    size_t used;
    size_t room;
    size_t line_max;
    bool skipping; /* inside a line that is too long, until its newline */
};

struct wire_reader *wire_reader_new(size_t line_max)
{
    struct wire_reader *reader = xcalloc(1, sizeof(*reader));

    reader->line_max = line_max;
    return reader;
}

void wire_reader_free(struct wire_reader *reader)
{
    if (reader == NULL)
        return;
    free(reader->partial);
    free(reader);
}

static void append(struct wire_reader *reader, const char *data, size_t size)
{
    if (reader->used + size > reader->room) {
        reader->room = (reader->used + size) * 2;
        if (reader->room > reader->line_max)
            reader->room = reader->line_max;
        reader->partial = xrealloc(reader->partial, reader->room, 1);
    }
    memcpy(reader->partial + reader->used, data, size);
    reader->used += size;
}

/* Adds to the partial line; one that grows too long is handed out cut, and its rest is skipped. */
static void keep(struct wire_reader *reader, const char *data, size_t size, wire_line_fn line_cb,
                 void *arg)
{
    if (reader->skipping)
        return;
    if (reader->used + size <= reader->line_max) {
        append(reader, data, size);
        return;
    }
    append(reader, data, reader->line_max - reader->used);
    reader->skipping = true;
    line_cb(arg, reader->partial, reader->used, true);
    reader->used = 0;
}

static void end_line(struct wire_reader *reader, const char *data, size_t size,
                     wire_line_fn line_cb, void *arg)
{
    if (!reader->skipping && reader->used == 0 && size <= reader->line_max) {
        line_cb(arg, data, size, false);
        return;
    }
    keep(reader, data, size, line_cb, arg);
    if (!reader->skipping)
        line_cb(arg, reader->partial, reader->used, false);
    reader->skipping = false;
    reader->used = 0;
}

void wire_reader_feed(struct wire_reader *reader, const char *data, size_t size,
                      wire_line_fn line_cb, void *arg)
{
    while (size > 0) {
        const char *newline = memchr(data, '\n', size);

        if (newline == NULL) {
            keep(reader, data, size, line_cb, arg);
            return;
        }
        end_line(reader, data, (size_t)(newline - data), line_cb, arg);
        size -= (size_t)(newline - data) + 1;
        data = newline + 1;
    }
}

void wire_reader_finish(struct wire_reader *reader, wire_line_fn line_cb, void *arg)
{
    if (!reader->skipping && reader->used > 0)
        line_cb(arg, reader->partial, reader->used, false);
    reader->used = 0;
    reader->skipping = false;
}

struct wire_partial wire_reader_partial(const struct wire_reader *reader)
{
    return (struct wire_partial){reader->partial, reader->used, reader->skipping};
}

bool wire_reader_resume(struct wire_reader *reader, const struct wire_partial *partial)
{
    if (partial->size > reader->line_max || (partial->skipping && partial->size > 0))
        return false;
    if (partial->size > 0)
        append(reader, partial->data, partial->size);
    reader->skipping = partial->skipping;
    return true;
}
