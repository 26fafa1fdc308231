/* SPDX-License-Identifier: MIT */
/* The library's calls for roles and permissions. */
#include "client/request.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#define ROLES "/api/authorization/roles"

struct taskyard_object *taskyard_roles(struct taskyard_client *client, struct taskyard_error *error)
{
    struct request request = {.method = "GET", .path = xstrdup(ROLES)};

    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_permissions(struct taskyard_client *client,
                                             struct taskyard_error *error)
{
    struct request request = {.method = "GET", .path = xstrdup("/api/authorization/permissions")};

    return request_run(client, &request, error);
}

static json_object *role_body(const struct taskyard_role *role)
{
    json_object *body = json_object_new_object(), *codes;

    json_add_string(body, "name", role->name);
    json_add_string(body, "description", role->description);
    if (role->permissions == NULL)
        return body;
    codes = json_object_new_array();
    for (const char *const *code = role->permissions; *code != NULL; code++)
        json_object_array_add(codes, json_object_new_string(*code));
    json_object_object_add(body, "permissions", codes);
    return body;
}

struct taskyard_object *taskyard_role_add(struct taskyard_client *client,
                                          const struct taskyard_role *role,
                                          struct taskyard_error *error)
{
    struct request request = {.method = "POST", .path = xstrdup(ROLES), .body = role_body(role)};

    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_role_set(struct taskyard_client *client, const char *name,
                                          const struct taskyard_role *role,
                                          struct taskyard_error *error)
{
    struct request request = {
        .method = "PUT", .path = request_path(ROLES, name, "", error), .body = role_body(role)};

    return request_run(client, &request, error);
}

bool taskyard_role_remove(struct taskyard_client *client, const char *name,
                          struct taskyard_error *error)
{
    struct request request = {.method = "DELETE", .path = request_path(ROLES, name, "", error)};

    return request_run_plain(client, &request, error);
}
