/* SPDX-License-Identifier: MIT */
/* Parser of server-sent events. What it does not know it skips, as the format asks; only sheer size
 * is an error. */
#include "client/sse.h"
#include "client/buffer.h"
#include "common/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct sse {
    sse_event_fn event_fn;
    void *arg;
    struct buffer line; /* a line whose end has not arrived */
    struct buffer name;
    struct buffer data; /* each line followed by a newline */
    struct buffer id;
    bool after_cr;   /* the last byte was a CR: an LF now belongs to it */
    bool first_line; /* a byte order mark may stand before it */
    bool broken;     /* over a limit */
};

struct sse *sse_new(sse_event_fn event_fn, void *arg)
{
    struct sse *sse = xcalloc(1, sizeof(*sse));

    sse->event_fn = event_fn;
    sse->arg = arg;
    sse->first_line = true;
    buffer_add_text(&sse->id, "");
    return sse;
}

void sse_free(struct sse *sse)
{
    if (sse == NULL)
        return;
    buffer_clear(&sse->line);
    buffer_clear(&sse->name);
    buffer_clear(&sse->data);
    buffer_clear(&sse->id);
    free(sse);
}

static void sse_dispatch(struct sse *sse)
{
    if (sse->data.size > 0) {
        struct sse_event event = {
            .name = sse->name.size > 0 ? sse->name.data : "message",
            .data = sse->data.data,
            .data_size = sse->data.size - 1,
            .id = sse->id.data,
        };

        sse->data.data[event.data_size] =
            '\0'; /* the last line's newline is not part of the data */
        if (event.data_size > 0)
            sse->event_fn(sse->arg, &event);
    }
    buffer_reset(&sse->data);
    buffer_reset(&sse->name);
}

static void sse_field(struct sse *sse, const char *name, size_t name_size, const char *value)
{
    if (name_size == 4 && memcmp(name, "data", 4) == 0) {
        buffer_add_text(&sse->data, value);
        buffer_add(&sse->data, "\n", 1);
    } else if (name_size == 5 && memcmp(name, "event", 5) == 0) {
        buffer_reset(&sse->name);
        buffer_add_text(&sse->name, value);
    } else if (name_size == 2 && memcmp(name, "id", 2) == 0) {
        buffer_reset(&sse->id);
        buffer_add_text(&sse->id, value);
    }
}

static void sse_line(struct sse *sse)
{
    const char *line = sse->line.data != NULL ? sse->line.data : "";
    const char *colon, *value = "";
    size_t name_size;

    if (sse->first_line && strncmp(line, "\xEF\xBB\xBF", 3) == 0)
        line += 3;
    sse->first_line = false;
    colon = strchr(line, ':');
    name_size = colon != NULL ? (size_t)(colon - line) : strlen(line);
    if (colon != NULL)
        value = colon[1] == ' ' ? colon + 2 : colon + 1;
    if (*line == '\0')
        sse_dispatch(sse);
    else if (colon != line) /* a line that starts with a colon is a comment */
        sse_field(sse, line, name_size, value);
    buffer_reset(&sse->line);
}

static size_t sse_take_text(struct sse *sse, const char *data, size_t size)
{
    size_t length = 0;

    while (length < size && data[length] != '\n' && data[length] != '\r')
        length++;
    if (sse->line.size + sse->data.size + length > SSE_EVENT_MAX)
        sse->broken = true;
    else
        buffer_add(&sse->line, data, length);
    return length;
}

bool sse_feed(struct sse *sse, const char *data, size_t size)
{
    size_t at = 0;

    while (at < size && !sse->broken) {
        if (sse->after_cr && data[at] == '\n') {
            sse->after_cr = false;
            at++;
            continue;
        }
        sse->after_cr = false;
        at += sse_take_text(sse, data + at, size - at);
        if (at == size || sse->broken)
            break;
        sse->after_cr = data[at++] == '\r';
        sse_line(sse);
    }
    return !sse->broken;
}
