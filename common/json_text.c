/* SPDX-License-Identifier: MIT */
/* Measured first, then written at one go. */
#include "common/json_text.h"
#include "common/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* What stands behind the backslash; 0: the byte stands for itself; 'u': four digits follow. */
static char escape_of(unsigned char byte)
{
    static const char controls[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";

    if (byte < 0x20)
        return controls[byte];
    return byte == '"' || byte == '\\' ? (char)byte : 0;
}

static size_t escaped_size(const char *value)
{
    size_t size = 0;

    for (const char *c = value; *c != '\0'; c++) {
        char escape = escape_of((unsigned char)*c);
        size += escape == 0 ? 1 : escape == 'u' ? strlen("\\u0000") : 2;
    }
    return size;
}

static char *write_bytes(char *out, const char *bytes, size_t size)
{
    memcpy(out, bytes, size);
    return out + size;
}

static char *write_escaped(char *out, const char *value)
{
    static const char digits[] = "0123456789abcdef";

    for (const char *c = value; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        char escape = escape_of(byte);

        if (escape == 0) {
            *out++ = *c;
            continue;
        }
        *out++ = '\\';
        *out++ = escape;
        if (escape == 'u') {
            out = write_bytes(out, "00", 2);
            *out++ = digits[byte >> 4];
            *out++ = digits[byte & 15];
        }
    }
    return out;
}

void json_text_add_member(struct json_text *text, const char *key, const char *value)
{
    size_t size;
    char *out;

    if (value == NULL || value[0] == '\0')
        return;
    size = strlen(",\"\":\"\"") + strlen(key) + escaped_size(value);
    text->bytes = xrealloc(text->bytes, text->size + size, 1);
    out = write_bytes(text->bytes + text->size, ",\"", 2);
    out = write_bytes(out, key, strlen(key));
    out = write_bytes(out, "\":\"", 3);
    out = write_escaped(out, value);
    *out = '"';
    text->size += size;
}

void json_text_clear(struct json_text *text)
{
    free(text->bytes);
    *text = (struct json_text){0};
}
