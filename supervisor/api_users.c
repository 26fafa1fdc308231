/* SPDX-License-Identifier: MIT */
/* Users over the control socket: list, add, change password and role. */
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/http_call.h"
#include "supervisor/password.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 64
#define TEXT_MAX_BYTES 255

static json_object *roles_json(const char *names)
{
    json_object *array = json_object_new_array();

    while (*names != '\0') {
        size_t length = strcspn(names, ",");
        json_object *role = json_object_new_object();
        char *name = xstrndup(names, length);

        json_add_string(role, "name", name);
        json_object_array_add(array, role);
        free(name);
        names += length + (names[length] == ',' ? 1 : 0);
    }
    return array;
}

static json_object *user_json(const struct store_user_row *row)
{
    json_object *user = json_object_new_object();

    json_add_string(user, "id", row->id);
    json_add_string(user, "username", row->username);
    json_add_string(user, "email", row->email);
    json_add_string(user, "full_name", row->full_name);
    json_add_string(user, "status", row->status);
    json_object_object_add(user, "roles", roles_json(row->roles));
    json_add_time(user, "created_at", row->created_at_us);
    json_add_time(user, "last_login", row->last_login_us);
    return user;
}

static void list_cb(void *arg, enum store_result result, const struct store_user_row *rows,
                    size_t count, uint64_t total)
{
    struct http_call *call = arg;
    json_object *array;

    if (result != STORE_OK) {
        http_reply_store(call, result, "list of users");
        return;
    }
    array = json_object_new_array();
    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, user_json(&rows[i]));
    http_reply_page(call, array, total, http_call_query_number(call, "current", 1, 1000000000, 1),
                    http_call_query_number(call, "page_size", 1, 100, 10));
}

void api_user_list(struct http_call *call)
{
    const char *keywords = http_call_query(call, "keywords");

    store_user_list(
        http_call_app(call)->store, keywords != NULL && keywords[0] != '\0' ? keywords : NULL,
        http_call_query_number(call, "current", 1, 1000000000, 1),
        http_call_query_number(call, "page_size", 1, 100, 10), API_DEADLINE_MS, list_cb, call);
}

/* The fault of a password, or NULL. */
static const char *password_fault(json_object *body, const char **password)
{
    if (json_get_string(body, "password", password) != JSON_OK)
        return "password is missing";
    if (strlen(*password) < PASSWORD_MIN)
        return "password is too short: it needs at least 8 bytes";
    return strlen(*password) > PASSWORD_MAX ? "password is longer than 512 bytes" : NULL;
}

/* ASCII only, so that no name can look like another's. */
static bool name_is_good(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= NAME_MAX_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-") ==
               length;
}

static const char *text_fault(json_object *body, const char *key, const char **value)
{
    *value = "";
    if (json_get_string(body, key, value) == JSON_WRONG_TYPE || strlen(*value) > TEXT_MAX_BYTES)
        return "email and full_name must be strings of at most 255 bytes";
    return NULL;
}

static const char *user_fault(json_object *body, struct store_user_new *user, const char **password)
{
    const char *fault;

    user->role = "viewer";
    if (json_get_string(body, "username", &user->username) != JSON_OK ||
        !name_is_good(user->username))
        return "username must have 1 to 64 letters, digits, '.', '_', '@' or '-'";
    if (json_get_string(body, "role", &user->role) == JSON_WRONG_TYPE)
        return "role must be the name of a role";
    if ((fault = text_fault(body, "email", &user->email)) != NULL ||
        (fault = text_fault(body, "full_name", &user->full_name)) != NULL)
        return fault;
    return password_fault(body, password);
}

struct addition {
    struct http_call *call;
    char id[ID_SIZE];
};

static void added_cb(void *arg, enum store_result result)
{
    struct addition *addition = arg;
    struct http_call *call = addition->call;
    struct store_user_new user = {0};
    const char *password;
    json_object *reply;

    user_fault(http_call_body(call), &user, &password);
    if (result == STORE_CONFLICT) {
        http_reply_error(call, "E4091", "the user name \"%s\" is taken", user.username);
    } else if (result == STORE_NOT_FOUND) {
        http_reply_error(call, "E4002", "there is no role \"%s\"", user.role);
    } else if (result != STORE_OK) {
        http_reply_store(call, result, "user");
    } else {
        reply = json_object_new_object();
        json_add_string(reply, "id", addition->id);
        json_add_string(reply, "username", user.username);
        json_add_string(reply, "email", user.email);
        json_add_string(reply, "full_name", user.full_name);
        json_add_string(reply, "status", "active");
        json_object_object_add(reply, "roles", roles_json(user.role));
        http_reply_data(call, reply);
    }
    free(addition);
}

static void add_hashed_cb(void *arg, const char *hash)
{
    struct http_call *call = arg;
    struct store_user_new user = {.password_hash = hash};
    struct addition *addition;
    const char *password;

    if (hash == NULL) {
        http_reply_error(call, "E5001", "the password could not be hashed");
        return;
    }
    user_fault(http_call_body(call), &user, &password);
    id_new(user.id);
    addition = xcalloc(1, sizeof(*addition));
    addition->call = call;
    strcpy(addition->id, user.id);
    store_user_add(http_call_app(call)->store, &user, http_call_actor(call), API_DEADLINE_MS,
                   added_cb, addition);
}

void api_user_add(struct http_call *call)
{
    json_object *body = http_call_body(call);
    struct store_user_new user = {0};
    const char *password = NULL, *fault;

    if (body == NULL)
        return;
    fault = user_fault(body, &user, &password);
    if (fault != NULL)
        http_reply_error(call, "E4002", "%s", fault);
    else
        password_hash(http_call_app(call), password, add_hashed_cb, call);
}

static void changed_cb(void *arg, enum store_result result)
{
    if (result == STORE_OK)
        http_reply_message(arg, "User changed");
    else
        http_reply_store(arg, result, "user or role");
}

static void password_hashed_cb(void *arg, const char *hash)
{
    struct http_call *call = arg;

    if (hash == NULL)
        http_reply_error(call, "E5001", "the password could not be hashed");
    else
        store_user_set_password(http_call_app(call)->store, http_call_part(call, 0), hash,
                                http_call_actor(call), API_DEADLINE_MS, changed_cb, call);
}

void api_user_set_password(struct http_call *call)
{
    json_object *body = http_call_body(call);
    const char *password = NULL, *fault;

    if (body == NULL)
        return;
    fault = password_fault(body, &password);
    if (fault != NULL)
        http_reply_error(call, "E4002", "%s", fault);
    else
        password_hash(http_call_app(call), password, password_hashed_cb, call);
}

void api_user_set_role(struct http_call *call)
{
    json_object *body = http_call_body(call);
    const char *role;

    if (body == NULL)
        return;
    if (json_get_string(body, "role", &role) != JSON_OK)
        http_reply_error(call, "E4001", "role is missing");
    else
        store_user_set_role(http_call_app(call)->store, http_call_part(call, 0), role,
                            http_call_actor(call), API_DEADLINE_MS, changed_cb, call);
}
