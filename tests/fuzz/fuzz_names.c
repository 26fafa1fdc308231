/* SPDX-License-Identifier: MIT */
/* Names of files that a task or a client gives: what is shown is no path and breaks no header. */
#include "common/json_util.h"
#include "supervisor/file_store.h"
#include "supervisor/http_range.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static void check_header(const char *name)
{
    char *attachment = http_disposition(name, true), *in_page = http_disposition(name, false);

    FUZZ_CHECK(!has_control(attachment) && !has_control(in_page));
    FUZZ_CHECK(strncmp(attachment, "attachment", 10) == 0 && strncmp(in_page, "inline", 6) == 0);
    free(attachment);
    free(in_page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *given = fuzz_text(data, size), *name = file_display_name(given, "artifact");

    FUZZ_CHECK(name[0] != '\0' && strlen(name) <= FILE_NAME_MAX);
    FUZZ_CHECK(strchr(name, '/') == NULL && strchr(name, '\\') == NULL);
    FUZZ_CHECK(utf8_is_valid(name, strlen(name)) && !has_control(name));
    check_header(name);
    check_header(given);
    file_content_type(given);
    free(name);
    free(given);
    return 0;
}
