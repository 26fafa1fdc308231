/* SPDX-License-Identifier: MIT */
/* What a worker writes. The first byte says in how large pieces it is read: that may not matter. A
 * message that is taken, written again, is taken again and says the same. */
#include "common/wire.h"
#include "common/json_util.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define LINE_MAX_BYTES 512

/* What was handed out, in one number: FNV-1a over all lines and their lengths. */
struct seen {
    uint64_t hash;
    bool parse;
};

static void mix(struct seen *seen, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        seen->hash = (seen->hash ^ (unsigned char)bytes[i]) * 1099511628211u;
    seen->hash = (seen->hash ^ size) * 1099511628211u;
}

static void check_same(const struct wire_message *one, const struct wire_message *other)
{
    FUZZ_CHECK(one->kind == other->kind && one->progress == other->progress);
    FUZZ_CHECK((one->text == NULL) == (other->text == NULL));
    FUZZ_CHECK(one->text == NULL || strcmp(one->text, other->text) == 0);
    FUZZ_CHECK((one->name == NULL) == (other->name == NULL));
    FUZZ_CHECK(one->name == NULL || strcmp(one->name, other->name) == 0);
}

static void parse(const char *line, size_t size)
{
    struct wire_message message, again;
    const char *why = NULL;
    size_t length;
    char *text;

    if (!wire_parse(line, size, &message, &why)) {
        FUZZ_CHECK(why != NULL);
        return;
    }
    FUZZ_CHECK(message.progress >= 0 && message.progress <= 100);
    FUZZ_CHECK(message.text == NULL || utf8_is_valid(message.text, strlen(message.text)));
    text = wire_format(&message, &length);
    FUZZ_CHECK(length > 0 && text[length - 1] == '\n' && memchr(text, '\n', length - 1) == NULL);
    FUZZ_CHECK(wire_parse(text, length - 1, &again, &why));
    check_same(&message, &again);
    wire_message_clear(&message);
    wire_message_clear(&again);
    free(text);
}

static void line_cb(void *arg, const char *line, size_t size, bool cut)
{
    struct seen *seen = arg;

    FUZZ_CHECK(size <= LINE_MAX_BYTES);
    FUZZ_CHECK(size == 0 || memchr(line, '\n', size) == NULL);
    mix(seen, line, size);
    mix(seen, cut ? "c" : "w", 1);
    if (seen->parse)
        parse(line, size);
}

static uint64_t feed(const char *bytes, size_t size, size_t piece, bool and_parse)
{
    struct wire_reader *reader = wire_reader_new(LINE_MAX_BYTES);
    struct seen seen = {.hash = 14695981039346656037u, .parse = and_parse};

    for (size_t at = 0; at < size; at += piece)
        wire_reader_feed(reader, bytes + at, size - at < piece ? size - at : piece, line_cb, &seen);
    wire_reader_finish(reader, line_cb, &seen);
    wire_reader_free(reader);
    return seen.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data + 1;

    if (size < 2)
        return 0;
    FUZZ_CHECK(feed(bytes, size - 1, size - 1, true) ==
               feed(bytes, size - 1, data[0] % 64 + 1u, false));
    return 0;
}
