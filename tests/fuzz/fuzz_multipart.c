/* SPDX-License-Identifier: MIT */
/* Forms with files: a line that is the content type, then the body. */
#include "supervisor/multipart.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_part(const struct multipart_part *part, const char *body, size_t size)
{
    FUZZ_CHECK(memchr(part->name, '\0', sizeof(part->name)) != NULL);
    FUZZ_CHECK(memchr(part->filename, '\0', sizeof(part->filename)) != NULL);
    FUZZ_CHECK(part->data >= body && part->size <= size);
    FUZZ_CHECK((size_t)(part->data - body) <= size - part->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct multipart form;
    char *type = fuzz_line(&data, &size);
    const char *body = (const char *)data;

    if (multipart_parse(type, body, size, &form) == NULL) {
        FUZZ_CHECK(form.count <= MULTIPART_PARTS_MAX);
        for (size_t i = 0; i < form.count; i++)
            check_part(&form.parts[i], body, size);
        multipart_field(&form, "access");
    }
    free(type);
    return 0;
}
