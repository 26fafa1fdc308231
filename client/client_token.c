/* SPDX-License-Identifier: MIT */
/* The library's calls for API tokens and for users who may sign in or not. */
#include "client/request.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <stdlib.h>

#define USERS "/api/authorization/users"

static struct request token_request(const char *method, const char *username, const char *tail,
                                    struct taskyard_error *error)
{
    return (struct request){.method = method, .path = request_path(USERS, username, tail, error)};
}

struct taskyard_object *taskyard_token_add(struct taskyard_client *client, const char *username,
                                           const char *name, unsigned days,
                                           struct taskyard_error *error)
{
    struct request request = token_request("POST", username, "/tokens", error);

    request.body = json_object_new_object();
    json_add_string(request.body, "name", name);
    if (days > 0)
        json_add_int(request.body, "expires_in_days", days);
    return request_run(client, &request, error);
}

struct taskyard_object *taskyard_tokens(struct taskyard_client *client, const char *username,
                                        struct taskyard_error *error)
{
    struct request request = token_request("GET", username, "/tokens", error);

    return request_run(client, &request, error);
}

bool taskyard_token_remove(struct taskyard_client *client, const char *username,
                           const char *token_id, struct taskyard_error *error)
{
    char *base = request_path(USERS, username, "/tokens", error);
    struct request request = {.method = "DELETE"};

    if (base == NULL)
        return false;
    request.path = request_path(base, token_id, "", error);
    free(base);
    return request_run_plain(client, &request, error);
}

static bool set_status(struct taskyard_client *client, const char *username, const char *status,
                       struct taskyard_error *error)
{
    struct request request = token_request("PUT", username, "", error);
    struct taskyard_object *user;

    request.body = json_object_new_object();
    json_add_string(request.body, "status", status);
    user = request_run(client, &request, error);
    taskyard_object_free(user);
    return user != NULL;
}

bool taskyard_user_set_active(struct taskyard_client *client, const char *username, bool active,
                              struct taskyard_error *error)
{
    return set_status(client, username, active ? "active" : "disabled", error);
}

bool taskyard_user_expire_password(struct taskyard_client *client, const char *username,
                                   struct taskyard_error *error)
{
    return set_status(client, username, "password_expired", error);
}
