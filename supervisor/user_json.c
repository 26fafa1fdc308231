/* SPDX-License-Identifier: MIT */
/* Members that are empty are left out or written, as front ends expect each. */
#include "supervisor/user_json.h"
#include "common/json_util.h"
#include "supervisor/permission.h"

#include <string.h>

json_object *permission_json(const char *code)
{
    const struct permission *known = permission_find(code);
    json_object *permission = json_object_new_object();

    json_add_string(permission, "id", code);
    json_add_string(permission, "code", code);
    json_add_string(permission, "name", known != NULL ? known->name : code);
    json_add_string(permission, "description", known != NULL ? known->description : "");
    json_add_bool(permission, "org_permission", false);
    return permission;
}

static json_object *permissions_json(const struct store_role_row *role)
{
    json_object *permissions = NULL;

    if (role->permissions != NULL)
        permissions = json_object_new_array();
    for (size_t i = 0; i < role->permission_count; i++)
        json_object_array_add(permissions, permission_json(role->permissions[i]));
    return permissions;
}

json_object *role_json(const struct store_role_row *role)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "id", role->id);
    json_add_time(object, "created_at", role->created_at_us);
    json_add_time(object, "updated_at", role->updated_at_us);
    json_add_string(object, "name", role->name);
    json_add_string(object, "description", role->description);
    json_object_object_add(object, "permissions", permissions_json(role)); /* null: not read */
    json_add_string(object, "role_type", role->is_system ? "system" : "user");
    return object;
}

static json_object *roles_json(const struct store_user_row *user)
{
    json_object *roles = json_object_new_array();

    for (size_t i = 0; i < user->role_count; i++)
        json_object_array_add(roles, role_json(&user->roles[i]));
    return roles;
}

static void add_unless_empty(json_object *object, const char *key, const char *text)
{
    if (text[0] != '\0')
        json_add_string(object, key, text);
}

json_object *user_json(const struct store_user_row *user)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "id", user->id);
    json_add_time(object, "created_at", user->created_at_us);
    json_add_time(object, "updated_at", user->updated_at_us);
    json_add_string(object, "username", user->username);
    json_add_string(object, "email", user->email);
    json_add_string(object, "full_name", user->full_name);
    add_unless_empty(object, "phone", user->phone);
    add_unless_empty(object, "avatar", user->avatar);
    json_add_string(object, "status", user->status);
    json_add_time(object, "last_login", user->last_login_us);
    json_add_time(object, "password_changed_at", user->password_changed_at_us);
    json_add_bool(object, "mfa_enabled", user->mfa_enabled);
    json_add_bool(object, "mfa_enforced", user->mfa_enforced);
    json_add_string(object, "oauth_provider", "");
    json_add_string(object, "oauth_id", "");
    json_add_string(object, "source", user->source);
    json_object_object_add(object, "roles", roles_json(user));
    json_object_object_add(object, "organizations", json_object_new_array());
    json_add_bool(object, "disable_change_password", strcmp(user->source, "local") != 0);
    return object;
}
