/* SPDX-License-Identifier: MIT */
/* Users, roles and permissions as JSON: the only writer of these objects. */
#ifndef SUPERVISOR_USER_JSON_H
#define SUPERVISOR_USER_JSON_H

#include "supervisor/store_users.h"
#include <json-c/json.h>

/* Every member that front ends rely on. Roles carry their permissions where these were read. */
json_object *user_json(const struct store_user_row *user);
json_object *role_json(const struct store_role_row *role);
json_object *permission_json(const char *code);

#endif
