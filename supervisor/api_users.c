/* SPDX-License-Identifier: MIT */
/* Users: list, get, add, change, password, role. */
#include "common/json_util.h"
#include "supervisor/api.h"
#include "supervisor/api_input.h"
#include "supervisor/api_query.h"
#include "supervisor/app.h"
#include "supervisor/auth.h"
#include "supervisor/http_call.h"
#include "supervisor/password.h"
#include "supervisor/user_json.h"

#include <string.h>
#include <strings.h>

#define KEYWORDS_MAX 255
#define EMAIL_MAX 255
#define FULL_NAME_MAX 255
#define PHONE_MAX 64
#define AVATAR_MAX 255
#define PAGE_SIZE_MAX 1000 /* front ends fill whole selections with it */
#define PAGE_SIZE_DEFAULT 10

/* ---- read ---- */

static unsigned page_size(const struct http_call *call)
{
    return http_call_query_number(call, "page_size", 1, PAGE_SIZE_MAX, PAGE_SIZE_DEFAULT);
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
    http_reply_page(call, array, total, api_page(call).current, page_size(call));
}

/* NULL: any; also for one that there is not. */
static const char *status_filter(const struct http_call *call)
{
    static const char *const known[] = {"active", "disabled", "locked", "deleted",
                                        "password_expired"};
    const char *status = http_call_query(call, "status");

    for (size_t i = 0; status != NULL && i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i], status) == 0)
            return status;
    return NULL;
}

void api_user_list(struct http_call *call)
{
    struct store_user_filter filter = {.status = status_filter(call),
                                       .page = api_page(call).current,
                                       .page_size = page_size(call)};

    if (!api_filter(call, "keywords", KEYWORDS_MAX, &filter.keywords))
        http_reply_page(call, json_object_new_array(), 0, filter.page, filter.page_size);
    else
        store_user_list(http_call_app(call)->store, &filter, http_call_deadline(call), list_cb,
                        call);
}

static void user_cb(void *arg, enum store_result result, enum store_refusal refusal,
                    const struct store_user_row *user)
{
    if (result == STORE_OK)
        http_reply_data(arg, user_json(user));
    else
        api_reply_refused(arg, result, refusal, "user");
}

void api_user_get(struct http_call *call)
{
    store_user_get(http_call_app(call)->store, http_call_part(call, 0), http_call_deadline(call),
                   user_cb, call);
}

/* ---- what a body says of a user ---- */

static const char *email_fault(const char *email)
{
    const char *at = email != NULL ? strchr(email, '@') : NULL;

    if (email == NULL || email[0] == '\0')
        return NULL;
    if (at == NULL || at == email || at[1] == '\0' || strchr(at + 1, '@') != NULL ||
        strchr(email, ' ') != NULL)
        return "email must be an e-mail address, or empty";
    return NULL;
}

static const char *texts_fault(json_object *body, struct store_user_change *user)
{
    if (!api_get_text(body, "email", EMAIL_MAX, &user->email) ||
        !api_get_text(body, "full_name", FULL_NAME_MAX, &user->full_name))
        return "email and full_name must be strings of at most 255 bytes without control "
               "characters";
    if (!api_get_text(body, "phone", PHONE_MAX, &user->phone))
        return "phone must be a string of at most 64 bytes without control characters";
    if (!api_get_text(body, "avatar", AVATAR_MAX, &user->avatar))
        return "avatar must be a string of at most 255 bytes without control characters";
    return email_fault(user->email);
}

static const char *status_fault(json_object *body, const char **status)
{
    if (json_get_string(body, "status", status) == JSON_WRONG_TYPE ||
        (*status != NULL && !store_user_may_sign_in(*status) &&
         strcmp(*status, STORE_USER_DISABLED) != 0))
        return "status must be active, disabled or password_expired";
    return NULL;
}

/* `roles`, or `role` alone. */
static const char *roles_fault(json_object *body, struct api_list *roles)
{
    if (!api_get_list(body, "roles", "name", roles))
        return "roles must be an array of names of roles";
    if (roles->given)
        return NULL;
    switch (json_get_string(body, "role", &roles->items[0])) {
    case JSON_WRONG_TYPE:
        return "role must be the name of a role";
    case JSON_OK:
        roles->given = true;
        roles->count = 1;
        return NULL;
    default:
        return NULL;
    }
}

/* ---- add ---- */

struct new_user {
    const char *username, *password;
    struct store_user_change texts;
    struct api_list roles;
};

/* An id goes before a name, `system` is the service, and dots alone vanish from an address. */
static bool means_something_else(const char *name)
{
    return id_is_valid(name) || strcasecmp(name, TASK_CREATOR_SYSTEM) == 0 ||
           strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static const char *new_user_fault(json_object *body, struct new_user *user)
{
    const char *fault;

    *user = (struct new_user){.username = NULL};
    if (json_get_string(body, "username", &user->username) != JSON_OK ||
        !api_name_is_good(user->username))
        return "username must have 1 to 64 letters, digits, '.', '_', '@' or '-'";
    if (means_something_else(user->username))
        return "username must not be an id, `system`, `.` or `..`";
    if ((fault = texts_fault(body, &user->texts)) != NULL ||
        (fault = roles_fault(body, &user->roles)) != NULL)
        return fault;
    if (!user->roles.given) {
        user->roles.items[0] = "viewer";
        user->roles.count = 1;
    }
    if (json_get_string(body, "password", &user->password) != JSON_OK)
        return "password is missing";
    return password_fault(user->password, user->username);
}

static void add_hashed_cb(void *arg, const char *hash)
{
    struct http_call *call = arg;
    struct new_user given;
    struct store_user_new user = {.password_hash = hash};

    if (hash == NULL) {
        http_reply_error(call, "E5001", "the password could not be hashed");
        return;
    }
    new_user_fault(http_call_body(call), &given);
    id_new(user.id);
    user.username = given.username;
    user.email = given.texts.email;
    user.full_name = given.texts.full_name;
    user.phone = given.texts.phone;
    user.avatar = given.texts.avatar;
    user.roles = given.roles.items;
    user.role_count = given.roles.count;
    store_user_add(http_call_app(call)->store, &user, http_call_who(call), user_cb, call);
}

void api_user_add(struct http_call *call)
{
    json_object *body = http_call_body(call);
    struct new_user user;
    const char *fault;

    fault = new_user_fault(body, &user);
    if (fault != NULL)
        http_reply_error(call, "E4002", "%s", fault);
    else
        password_hash(http_call_app(call), user.password, add_hashed_cb, call);
}

/* ---- change ---- */

static void changed_cb(void *arg, enum store_result result, enum store_refusal refusal,
                       const struct store_user_row *user)
{
    struct http_call *call = arg;

    if (result == STORE_OK)
        auth_forget(http_call_app(call), user->id);
    user_cb(call, result, refusal, user);
}

void api_user_change(struct http_call *call)
{
    json_object *body = http_call_body(call);
    struct store_user_change change = {.email = NULL};
    struct api_list roles;
    const char *fault;

    fault = texts_fault(body, &change);
    if (fault == NULL)
        fault = roles_fault(body, &roles);
    if (fault == NULL)
        fault = status_fault(body, &change.status);
    if (fault != NULL) {
        http_reply_error(call, "E4002", "%s", fault);
        return;
    }
    change.roles = roles.given ? roles.items : NULL;
    change.role_count = roles.count;
    store_user_change(http_call_app(call)->store, http_call_part(call, 0), &change,
                      http_call_who(call), changed_cb, call);
}

/* The two older calls, which answer with a message. */
static void message_cb(void *arg, enum store_result result, enum store_refusal refusal,
                       const struct store_user_row *user)
{
    struct http_call *call = arg;

    if (result == STORE_OK) {
        auth_forget(http_call_app(call), user->id);
        http_reply_message(call, "User changed");
    } else {
        api_reply_refused(call, result, refusal, "user");
    }
}

void api_user_set_role(struct http_call *call)
{
    json_object *body = http_call_body(call);
    struct store_user_change change = {.role_count = 1};
    const char *role;

    if (json_get_string(body, "role", &role) != JSON_OK) {
        http_reply_error(call, "E4001", "role is missing");
        return;
    }
    change.roles = &role;
    store_user_change(http_call_app(call)->store, http_call_part(call, 0), &change,
                      http_call_who(call), message_cb, call);
}

/* ---- password ---- */

static void password_hashed_cb(void *arg, const char *hash)
{
    struct http_call *call = arg;
    struct store_user_change change = {.password_hash = hash};

    if (hash == NULL)
        http_reply_error(call, "E5001", "the password could not be hashed");
    else
        store_user_change(http_call_app(call)->store, http_call_part(call, 0), &change,
                          http_call_who(call), message_cb, call);
}

/* The user must be there, and the password not be his name. */
static void password_user_cb(void *arg, enum store_result result, enum store_refusal refusal,
                             const struct store_user_row *user)
{
    struct http_call *call = arg;
    const char *password, *fault;

    (void)refusal;
    if (result != STORE_OK) {
        http_reply_store(call, result, "user");
        return;
    }
    json_get_string(http_call_body(call), "password", &password);
    fault = password_fault(password, user->username);
    if (fault != NULL)
        http_reply_error(call, "E4002", "%s", fault);
    else
        password_hash(http_call_app(call), password, password_hashed_cb, call);
}

void api_user_set_password(struct http_call *call)
{
    json_object *body = http_call_body(call);
    const char *password = NULL;

    if (json_get_string(body, "password", &password) != JSON_OK)
        http_reply_error(call, "E4002", "password is missing");
    else
        store_user_get(http_call_app(call)->store, http_call_part(call, 0),
                       http_call_deadline(call), password_user_cb, call);
}
