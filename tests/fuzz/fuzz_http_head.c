/* SPDX-License-Identifier: MIT */
/* Heads of requests. The first byte says in how large pieces the rest arrives: that may not matter.
 */
#include "supervisor/http_head.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static enum http_head_state read_in_pieces(struct http_head *head, const char *bytes, size_t size,
                                           size_t piece)
{
    enum http_head_state state = HTTP_HEAD_INCOMPLETE;

    for (size_t have = 0; have < size && state == HTTP_HEAD_INCOMPLETE;) {
        have = have + piece < size ? have + piece : size;
        state = http_head_read(head, bytes, have);
    }
    return state;
}

static void check_complete(const struct http_head *head, const char *bytes, size_t size)
{
    FUZZ_CHECK(head->size <= size && head->size <= HTTP_HEAD_MAX);
    FUZZ_CHECK(memcmp(bytes + head->size - 4, "\r\n\r\n", 4) == 0);
    FUZZ_CHECK(memchr(bytes, '\0', head->size) == NULL);
    FUZZ_CHECK(head->path_length > 0 && head->path_length <= HTTP_TARGET_MAX);
    FUZZ_CHECK(head->path_at + head->path_length <= head->size);
    FUZZ_CHECK(bytes[head->path_at] == '/');
    FUZZ_CHECK(head->path_length == 1 || bytes[head->path_at + 1] != '/');
    FUZZ_CHECK(memchr(head->method, '\0', sizeof(head->method)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_head whole = {0}, cut = {0};
    const char *bytes = (const char *)data + 1;
    enum http_head_state state;

    if (size < 2)
        return 0;
    size--;
    state = read_in_pieces(&whole, bytes, size, size);
    FUZZ_CHECK(read_in_pieces(&cut, bytes, size, data[0] % 64 + 1u) == state);
    if (state == HTTP_HEAD_FAULTY) {
        FUZZ_CHECK(whole.fault.code != NULL && whole.fault.text != NULL);
        FUZZ_CHECK(strcmp(whole.fault.code, cut.fault.code) == 0);
    }
    if (state == HTTP_HEAD_COMPLETE) {
        check_complete(&whole, bytes, size);
        FUZZ_CHECK(cut.size == whole.size && cut.content_length == whole.content_length);
        FUZZ_CHECK(cut.path_at == whole.path_at && cut.path_length == whole.path_length);
    }
    return 0;
}
