/* SPDX-License-Identifier: MIT */
/* Bodies of create endpoints against rules of every kind: what becomes the payload has no member
 * that no rule names, and keeps the rules itself. */
#include "common/json_util.h"
#include "supervisor/create_rules.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static char *choices[] = {"red", "green", NULL};
static char *any[] = {NULL};
static struct create_field fields[] = {
    {.name = "text", .kind = CREATE_STRING, .max_length = 20, .one_of = any},
    {.name = "colour", .kind = CREATE_STRING, .max_length = 20, .one_of = choices},
    {.name = "count", .kind = CREATE_INT, .least = -5, .most = 100, .one_of = any},
    {.name = "share", .kind = CREATE_NUMBER, .least = 0, .most = 1, .one_of = any},
    {.name = "flag", .kind = CREATE_BOOL, .one_of = any},
    {.name = "words", .kind = CREATE_STRING_LIST, .max_items = 3, .max_length = 8, .one_of = any},
    {.name = "options", .kind = CREATE_OBJECT, .one_of = any},
    {.name = "thing", .kind = CREATE_ANY, .one_of = any},
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static void check_payload(const struct create_rules *rules, json_object *payload)
{
    struct create_fault fault = {0};
    json_object *again;
    size_t known = 0;

    for (size_t i = 0; i < FIELD_COUNT; i++)
        known += json_object_object_get_ex(payload, fields[i].name, NULL);
    FUZZ_CHECK((size_t)json_object_object_length(payload) == known);
    again = create_rules_apply(rules, payload, &fault);
    FUZZ_CHECK(again != NULL && json_object_equal(again, payload));
    json_object_put(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct create_rules rules = {.fields = fields, .count = FIELD_COUNT};
    struct create_fault fault = {0};
    const char *why;
    json_object *body = json_parse_text((const char *)data, size, &why), *payload;

    if (!json_object_is_type(body, json_type_object)) {
        json_object_put(body);
        return 0;
    }
    payload = create_rules_apply(&rules, body, &fault);
    if (payload != NULL)
        check_payload(&rules, payload);
    else
        FUZZ_CHECK(fault.code != NULL && fault.text != NULL);
    free(fault.text);
    json_object_put(payload);
    json_object_put(body);
    return 0;
}
