/* SPDX-License-Identifier: MIT */
/* Reads a payload. It has to be UTF-8 text without NUL: that is what travels in JSON and what the
 * database stores. */
#include "client/cli_payload.h"
#include "client/buffer.h"
#include "common/fd_util.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *payload_read_stdin(size_t *size)
{
    struct buffer buffer = {0};
    char chunk[65536];
    ssize_t part;

    buffer_add_text(&buffer, "");
    while ((part = read(STDIN_FILENO, chunk, sizeof(chunk))) != 0) {
        if (part == -1 && errno == EINTR)
            continue;
        if (part > 0 && buffer.size + (size_t)part <= PAYLOAD_MAX) {
            buffer_add(&buffer, chunk, (size_t)part);
            continue;
        }
        if (part > 0)
            errno = EFBIG;
        buffer_clear(&buffer);
        return NULL;
    }
    *size = buffer.size;
    return buffer.data;
}

char *payload_read(const char *given, char **why)
{
    const char *name = "the payload";
    char *text;
    size_t size;

    *why = NULL;
    if (strcmp(given, "-") == 0) {
        name = "standard input";
        text = payload_read_stdin(&size);
    } else if (*given == '@') {
        name = given + 1;
        text = fd_read_file(name, PAYLOAD_MAX, &size);
    } else {
        text = xstrdup(given);
        size = strlen(text);
    }
    if (text == NULL) {
        *why = xasprintf("cannot read the payload from %s (%s)", name, strerror(errno));
    } else if (!utf8_is_valid(text, size)) {
        *why = xasprintf(
            "%s is not UTF-8 text, or holds a NUL character; encode binary data (base64) first",
            name);
        free(text);
        text = NULL;
    }
    return text;
}
