/* SPDX-License-Identifier: MIT */
/* One switch over the kinds for each direction. */
#include "common/fields.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <limits.h>
#include <stdlib.h>

static void write_field(json_object *object, const void *at, const struct field *field)
{
    switch (field->kind) {
    case FIELD_BOOL:
        json_add_bool(object, field->name, *(const bool *)at);
        break;
    case FIELD_INT:
        json_add_int(object, field->name, *(const int *)at);
        break;
    case FIELD_UNSIGNED:
        json_add_int(object, field->name, *(const unsigned *)at);
        break;
    case FIELD_INT64:
        json_add_int(object, field->name, *(const int64_t *)at);
        break;
    case FIELD_UINT64: /* row ids and counters: far below 2^63 */
        json_add_int(object, field->name, (int64_t) * (const uint64_t *)at);
        break;
    case FIELD_TEXT:
        json_add_string(object, field->name, *(char *const *)at);
        break;
    }
}

void fields_write(json_object *object, const void *from, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_field(object, (const char *)from + fields[i].offset, &fields[i]);
}

static bool read_number(json_object *object, void *at, const struct field *field)
{
    int64_t value = 0, least = INT64_MIN, most = INT64_MAX;

    if (field->kind == FIELD_INT)
        least = INT_MIN, most = INT_MAX;
    else if (field->kind == FIELD_UNSIGNED)
        least = 0, most = UINT_MAX;
    else if (field->kind == FIELD_UINT64)
        least = 0;
    if (json_get_int(object, field->name, least, most, &value) != JSON_OK)
        return false;
    if (field->kind == FIELD_INT)
        *(int *)at = (int)value;
    else if (field->kind == FIELD_UNSIGNED)
        *(unsigned *)at = (unsigned)value;
    else if (field->kind == FIELD_INT64)
        *(int64_t *)at = value;
    else
        *(uint64_t *)at = (uint64_t)value;
    return true;
}

static bool read_text(json_object *object, char **at, const char *name)
{
    const char *text = NULL;

    if (json_get_string(object, name, &text) == JSON_WRONG_TYPE)
        return false;
    *at = xstrdup_or_null(text);
    return true;
}

static bool read_field(json_object *object, void *at, const struct field *field)
{
    if (field->kind == FIELD_BOOL)
        return json_get_bool(object, field->name, at) == JSON_OK;
    if (field->kind == FIELD_TEXT)
        return read_text(object, at, field->name);
    return read_number(object, at, field);
}

bool fields_read(json_object *object, void *to, const struct field *fields, size_t count,
                 const char **wrong)
{
    for (size_t i = 0; i < count; i++) {
        if (read_field(object, (char *)to + fields[i].offset, &fields[i]))
            continue;
        *wrong = fields[i].name;
        return false;
    }
    return true;
}

void fields_clear(void *from, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char **text = (char **)((char *)from + fields[i].offset);

        if (fields[i].kind != FIELD_TEXT)
            continue;
        free(*text);
        *text = NULL;
    }
}
