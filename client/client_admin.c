/* SPDX-License-Identifier: MIT */
/* The administrative calls of the library: settings, types, users, status, drain,
 * upgrade. */
#include "client/request.h"
#include "client/error.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <errno.h>
#include <stdlib.h>

#define SETTINGS "/api/system/task-settings"
#define USERS "/api/authorization/users"

static struct request admin_request(const char *method, const char *path)
{
    struct request request = {.method = method, .path = xstrdup(path)};

    return request;
}

struct taskyard_object *taskyard_settings(struct taskyard_client *client,
                                          struct taskyard_error *error)
{
    struct request request = admin_request("GET", SETTINGS);

    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_setting_set(struct taskyard_client *client, const char *name,
                                             const char *value, struct taskyard_error *error)
{
    struct request request;
    long long number;
    char *end;

    errno = 0;
    number = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0') {
        error_set(error, TASKYARD_ERROR_ARGUMENT, "the value \"%s\" is not an integer", value);
        return NULL;
    }
    request = admin_request("PUT", SETTINGS);
    request.body = json_object_new_object();
    json_add_int(request.body, name, number);
    if (!request_run_plain(client, &request, error))
        return NULL;
    return taskyard_settings(client, error);
}

struct taskyard_object *taskyard_types(struct taskyard_client *client, struct taskyard_error *error)
{
    struct request request = admin_request("GET", "/api/task-types");

    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_types_reload(struct taskyard_client *client,
                                              struct taskyard_error *error)
{
    struct request request = admin_request("POST", "/api/task-types/reload");

    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_status(struct taskyard_client *client,
                                        struct taskyard_error *error)
{
    struct request request = admin_request("GET", "/api/status");

    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_purge(struct taskyard_client *client, struct taskyard_error *error)
{
    struct request request = admin_request("POST", "/api/purge");

    return request_run(client, &request, error);
}

bool taskyard_drain(struct taskyard_client *client, struct taskyard_error *error)
{
    struct request request = admin_request("POST", "/api/drain");

    return request_run_plain(client, &request, error);
}

bool taskyard_upgrade(struct taskyard_client *client, struct taskyard_error *error)
{
    struct request request = admin_request("POST", "/api/upgrade");

    return request_run_plain(client, &request, error);
}

struct taskyard_object *taskyard_users(struct taskyard_client *client, const char *keywords,
                                       unsigned page, unsigned page_size,
                                       struct taskyard_error *error)
{
    struct request request = admin_request("GET", USERS);

    request.page = true;
    request_query_number(&request.path, "current", page);
    request_query_number(&request.path, "page_size", page_size);
    request_query(&request.path, "keywords", keywords);
    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_user_add(struct taskyard_client *client,
                                          const struct taskyard_user *user,
                                          struct taskyard_error *error)
{
    struct request request = admin_request("POST", USERS);

    request.body = json_object_new_object();
    json_add_string(request.body, "username", user->username);
    json_add_string(request.body, "email", user->email);
    json_add_string(request.body, "full_name", user->full_name);
    json_add_string(request.body, "role", user->role);
    json_add_string(request.body, "password", user->password);
    return request_run(client, &request, error);
}

static bool admin_change_user(struct taskyard_client *client, const char *username,
                              const char *what, const char *value, struct taskyard_error *error)
{
    char *tail = xasprintf("/%s", what);
    struct request request = {.method = "PUT", .path = request_path(USERS, username, tail, error)};

    free(tail);
    request.body = json_object_new_object();
    json_add_string(request.body, what, value);
    return request_run_plain(client, &request, error);
}

bool taskyard_user_set_password(struct taskyard_client *client, const char *username,
                                const char *password, struct taskyard_error *error)
{
    return admin_change_user(client, username, "password", password, error);
}

bool taskyard_user_set_role(struct taskyard_client *client, const char *username, const char *role,
                            struct taskyard_error *error)
{
    return admin_change_user(client, username, "role", role, error);
}
