/* SPDX-License-Identifier: MIT */
/* Roles and the permissions that they can hold. */
#include "common/json_util.h"
#include "supervisor/api.h"
#include "supervisor/api_input.h"
#include "supervisor/app.h"
#include "supervisor/auth.h"
#include "supervisor/http_call.h"
#include "supervisor/permission.h"
#include "supervisor/type.h"
#include "supervisor/user_json.h"

#include <string.h>

#define DESCRIPTION_MAX 255

/* ---- permissions ---- */

static bool has_code(json_object *array, const char *code)
{
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        const char *present = "";
        json_get_string(json_object_array_get_idx(array, i), "code", &present);
        if (strcmp(present, code) == 0)
            return true;
    }
    return false;
}

static void add_code(void *arg, const char *code)
{
    if (!has_code(arg, code))
        json_object_array_add(arg, permission_json(code));
}

/* Ours, and those that addresses of task types ask for. */
void api_permission_list(struct http_call *call)
{
    json_object *array = json_object_new_array();
    const struct permission *permission;

    for (size_t i = 0; (permission = permission_at(i)) != NULL; i++)
        json_object_array_add(array, permission_json(permission->code));
    type_registry_each_permission(http_call_app(call)->types, add_code, array);
    http_reply_data(call, array);
}

/* ---- list ---- */

static void list_cb(void *arg, enum store_result result, const struct store_role_row *rows,
                    size_t count)
{
    json_object *array;

    if (result != STORE_OK) {
        http_reply_store(arg, result, "list of roles");
        return;
    }
    array = json_object_new_array();
    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, role_json(&rows[i]));
    http_reply_data(arg, array);
}

void api_role_list(struct http_call *call)
{
    store_role_list(http_call_app(call)->store, http_call_deadline(call), list_cb, call);
}

/* ---- add and change ---- */

static void role_cb(void *arg, enum store_result result, enum store_refusal refusal,
                    const struct store_role_row *role)
{
    struct http_call *call = arg;

    if (result != STORE_OK) {
        api_reply_refused(call, result, refusal, "role");
        return;
    }
    auth_forget(http_call_app(call), ""); /* whoever has it */
    http_reply_data(call, role_json(role));
}

struct known_code {
    const char *code;
    bool is_known;
};

static void compare_code(void *arg, const char *code)
{
    struct known_code *known = arg;

    known->is_known = known->is_known || strcmp(known->code, code) == 0;
}

/* Ours, or one that an address of a task type asks for. */
static bool is_known(const struct app *app, const char *code)
{
    struct known_code known = {.code = code, .is_known = permission_find(code) != NULL};

    type_registry_each_permission(app->types, compare_code, &known);
    return known.is_known;
}

static const char *role_fault(const struct app *app, json_object *body,
                              struct store_role_change *role, struct api_list *permissions)
{
    if (!api_get_text(body, "name", API_NAME_MAX, &role->name) ||
        (role->name != NULL && !api_name_is_good(role->name)))
        return "name must have 1 to 64 letters, digits, '.', '_', '@' or '-'";
    if (!api_get_text(body, "description", DESCRIPTION_MAX, &role->description))
        return "description must be a string of at most 255 bytes without control characters";
    if (!api_get_list(body, "permissions", "code", permissions))
        return "permissions must be an array of at most 256 codes";
    for (size_t i = 0; i < permissions->count; i++)
        if (!permission_is_code(permissions->items[i]) || !is_known(app, permissions->items[i]))
            return "permissions: at least one of them does not exist; "
                   "GET /api/authorization/permissions lists them all";
    role->permissions = permissions->given ? permissions->items : NULL;
    role->permission_count = permissions->count;
    return NULL;
}

void api_role_add(struct http_call *call)
{
    struct app *app = http_call_app(call);
    json_object *body = http_call_body(call);
    struct store_role_change role = {.description = ""};
    struct api_list permissions;
    const char *fault;
    char id[ID_SIZE];

    fault = role_fault(app, body, &role, &permissions);
    if (fault == NULL && role.name == NULL)
        fault = "name is missing";
    if (fault != NULL) {
        http_reply_error(call, "E4002", "%s", fault);
        return;
    }
    id_new(id);
    role.id = id;
    store_role_add(app->store, &role, http_call_who(call), role_cb, call);
}

void api_role_change(struct http_call *call)
{
    struct app *app = http_call_app(call);
    json_object *body = http_call_body(call);
    struct store_role_change role = {.id = NULL};
    struct api_list permissions;
    const char *fault;

    fault = role_fault(app, body, &role, &permissions);
    if (fault != NULL)
        http_reply_error(call, "E4002", "%s", fault);
    else
        store_role_change(app->store, http_call_part(call, 0), &role, http_call_who(call), role_cb,
                          call);
}

/* ---- delete ---- */

static void deleted_cb(void *arg, enum store_result result, enum store_refusal refusal,
                       const struct store_role_row *role)
{
    struct http_call *call = arg;

    (void)role;
    if (result != STORE_OK) {
        api_reply_refused(call, result, refusal, "role");
        return;
    }
    auth_forget(http_call_app(call), "");
    http_reply_message(call, "Role deleted");
}

void api_role_delete(struct http_call *call)
{
    store_role_delete(http_call_app(call)->store, http_call_part(call, 0), http_call_who(call),
                      deleted_cb, call);
}
