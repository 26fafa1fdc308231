/* SPDX-License-Identifier: MIT */
/* Files of the outbox: a record that is taken, written again, is taken again and says the same. */
#include "supervisor/outbox_record.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outbox_record record, again;
    const char *why = NULL;
    char *text, *once_more;

    if (!outbox_record_parse((const char *)data, size, &record, &why)) {
        FUZZ_CHECK(why != NULL);
        return 0;
    }
    text = outbox_record_text(record.task_id, &record.finish, 1000000);
    FUZZ_CHECK(outbox_record_parse(text, strlen(text), &again, &why));
    once_more = outbox_record_text(again.task_id, &again.finish, 1000000);
    FUZZ_CHECK(strcmp(text, once_more) == 0);
    outbox_record_clear(&record);
    outbox_record_clear(&again);
    free(text);
    free(once_more);
    return 0;
}
