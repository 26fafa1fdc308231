/* SPDX-License-Identifier: MIT */
/* struct taskyard_object is a json_object under another name, so that json-c stays out of the
 * public header. */
#include "common/json_util.h"

#include <string.h>
#include <taskyard/client.h>

static json_object *object_json(const struct taskyard_object *object)
{
    return (json_object *)(uintptr_t)object;
}

static json_object *object_get(const struct taskyard_object *object, const char *name)
{
    json_object *member = NULL;

    if (object == NULL || !json_object_is_type(object_json(object), json_type_object))
        return NULL;
    (void)json_object_object_get_ex(object_json(object), name, &member);
    return member;
}

const char *taskyard_string(const struct taskyard_object *object, const char *name)
{
    json_object *member = object_get(object, name);

    return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : NULL;
}

int64_t taskyard_int(const struct taskyard_object *object, const char *name, int64_t otherwise)
{
    json_object *member = object_get(object, name);

    return json_object_is_type(member, json_type_int) ? json_object_get_int64(member) : otherwise;
}

double taskyard_number(const struct taskyard_object *object, const char *name, double otherwise)
{
    json_object *member = object_get(object, name);

    if (!json_object_is_type(member, json_type_int) &&
        !json_object_is_type(member, json_type_double))
        return otherwise;
    return json_object_get_double(member);
}

bool taskyard_bool(const struct taskyard_object *object, const char *name, bool otherwise)
{
    json_object *member = object_get(object, name);

    return json_object_is_type(member, json_type_boolean) ? json_object_get_boolean(member)
                                                          : otherwise;
}

const struct taskyard_object *taskyard_member(const struct taskyard_object *object,
                                              const char *name)
{
    return (const struct taskyard_object *)object_get(object, name);
}

const char *taskyard_name(const struct taskyard_object *object, size_t index)
{
    if (object == NULL || !json_object_is_type(object_json(object), json_type_object))
        return NULL;
    json_object_object_foreach(object_json(object), name, value)
    {
        (void)value;
        if (index-- == 0)
            return name;
    }
    return NULL;
}

const char *taskyard_text(const struct taskyard_object *value)
{
    if (!json_object_is_type(object_json(value), json_type_string))
        return NULL;
    return json_object_get_string(object_json(value));
}

size_t taskyard_count(const struct taskyard_object *object)
{
    if (object == NULL || !json_object_is_type(object_json(object), json_type_array))
        return 0;
    return json_object_array_length(object_json(object));
}

const struct taskyard_object *taskyard_item(const struct taskyard_object *object, size_t index)
{
    if (index >= taskyard_count(object))
        return NULL;
    return (const struct taskyard_object *)json_object_array_get_idx(object_json(object), index);
}

const char *taskyard_json(const struct taskyard_object *object, bool pretty)
{
    int flags = pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN;

    return json_object_to_json_string_ext(object_json(object),
                                          flags | JSON_C_TO_STRING_NOSLASHESCAPE);
}

struct taskyard_object *taskyard_object_hold(const struct taskyard_object *object)
{
    return (struct taskyard_object *)json_object_get(object_json(object));
}

void taskyard_object_free(struct taskyard_object *object)
{
    json_object_put((json_object *)object);
}

bool taskyard_status_is_final(const char *status)
{
    return status != NULL && (strcmp(status, "success") == 0 || strcmp(status, "failed") == 0 ||
                              strcmp(status, "cancelled") == 0);
}
