/* SPDX-License-Identifier: MIT */
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

char *fuzz_text(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\0', size) : NULL;
    size_t length = end != NULL ? (size_t)(end - data) : size;

    return length > 0 ? xstrndup((const char *)data, length) : xstrdup("");
}

char *fuzz_line(const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size > 0 ? memchr(*data, '\n', *size) : NULL;
    size_t length = end != NULL ? (size_t)(end - *data) : *size;
    char *line = fuzz_text(*data, length);

    length += end != NULL;
    *data += length;
    *size -= length;
    return line;
}
