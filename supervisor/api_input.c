/* SPDX-License-Identifier: MIT */
/* Nothing here touches the store. */
#include "supervisor/api_input.h"
#include "common/json_util.h"
#include "supervisor/http_call.h"

#include <string.h>

bool api_name_is_good(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= API_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-") ==
               length;
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if (utf8_is_control(text))
            return true;
    return false;
}

bool api_get_text(json_object *body, const char *key, size_t most, const char **value)
{
    switch (json_get_string(body, key, value)) {
    case JSON_ABSENT:
        return true;
    case JSON_OK:
        return strlen(*value) <= most && !has_control(*value);
    default:
        return false;
    }
}

static const char *item_text(json_object *item, const char *name_key)
{
    const char *text = NULL;

    if (json_object_is_type(item, json_type_object))
        return json_get_string(item, name_key, &text) == JSON_OK ? text : NULL;
    if (!json_object_is_type(item, json_type_string))
        return NULL;
    text = json_object_get_string(item);
    return strlen(text) == (size_t)json_object_get_string_len(item) ? text : NULL;
}

bool api_get_list(json_object *body, const char *key, const char *name_key, struct api_list *list)
{
    json_object *array = NULL;

    *list = (struct api_list){.count = 0};
    if (!json_object_object_get_ex(body, key, &array) || array == NULL)
        return true;
    if (!json_object_is_type(array, json_type_array) ||
        json_object_array_length(array) > API_LIST_MAX)
        return false;
    list->given = true;
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        const char *text = item_text(json_object_array_get_idx(array, i), name_key);
        if (text == NULL)
            return false;
        list->items[list->count++] = text;
    }
    return true;
}

void api_reply_refused(struct http_call *call, enum store_result result, enum store_refusal refusal,
                       const char *what)
{
    switch (refusal) {
    case STORE_REFUSAL_NONE:
        http_reply_store(call, result, what);
        break;
    case STORE_REFUSAL_NAME_TAKEN:
        http_reply_error(call, "E4091", "the name of the %s is taken", what);
        break;
    case STORE_REFUSAL_NO_ROLE:
        http_reply_error(call, "E4002", "roles: there is no role of that name");
        break;
    case STORE_REFUSAL_LAST_ADMIN:
        http_reply_error(call, "E4091",
                         "this is the last active administrator; make another one first");
        break;
    case STORE_REFUSAL_RIGHTS:
        http_reply_forbidden(call);
        break;
    case STORE_REFUSAL_SYSTEM_ROLE:
        http_reply_error(call, "E4091", "this role comes with the service and must stay as it is");
        break;
    case STORE_REFUSAL_TOO_MANY:
        http_reply_error(call, "E4091", "the user has too many of them; remove one first");
        break;
    }
}
