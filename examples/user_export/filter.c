/* SPDX-License-Identifier: MIT */
/* Parsing of the payload. It comes from outside: a wrong one fails the task with a sentence that
 * names the member. */
#include "examples/user_export/filter.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

static const char *const statuses[] = {"active", "disabled", "password_expired",
                                       "locked", "deleted",  "pending_activation"};

/* Copies a member that is absent, null or a string of less than `room` bytes without NUL. */
static bool copy_member(json_object *object, const char *key, char *text, size_t room)
{
    json_object *member;
    size_t length;

    text[0] = '\0';
    if (!json_object_object_get_ex(object, key, &member) || member == NULL)
        return true;
    if (!json_object_is_type(member, json_type_string))
        return false;
    length = (size_t)json_object_get_string_len(member);
    if (length >= room || strlen(json_object_get_string(member)) != length)
        return false;
    memcpy(text, json_object_get_string(member), length + 1);
    return true;
}

static bool is_status(const char *name)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (strcmp(statuses[i], name) == 0)
            return true;
    return false;
}

static bool read_members(json_object *object, struct filter *filter, const char **why)
{
    *why = "the payload is not a JSON object";
    if (!json_object_is_type(object, json_type_object))
        return false;
    *why = "the payload's keywords is not a text of at most 255 bytes";
    if (!copy_member(object, "keywords", filter->keywords, sizeof(filter->keywords)))
        return false;
    *why = "the payload's status is none of active, disabled, password_expired, locked, deleted, "
           "pending_activation";
    return copy_member(object, "status", filter->status, sizeof(filter->status)) &&
           (filter->status[0] == '\0' || is_status(filter->status));
}

static bool is_blank(const char *text)
{
    return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

bool filter_parse(const char *payload, size_t size, struct filter *filter, const char **why)
{
    json_tokener *tokener;
    json_object *object;
    bool good = false;

    memset(filter, 0, sizeof(*filter));
    if (is_blank(payload))
        return true;
    *why = "the payload is not JSON";
    tokener = json_tokener_new();
    if (tokener == NULL || size > INT_MAX)
        return false;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    object = json_tokener_parse_ex(tokener, payload, (int)size);
    if (json_tokener_get_error(tokener) == json_tokener_success &&
        is_blank(payload + json_tokener_get_parse_end(tokener)))
        good = read_members(object, filter, why);
    json_object_put(object);
    json_tokener_free(tokener);
    return good;
}
