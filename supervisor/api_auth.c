/* SPDX-License-Identifier: MIT */
/* Signing in and out, and what a user may see and change of himself. */
#include "common/json_util.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/auth.h"
#include "supervisor/clock.h"
#include "supervisor/http_call.h"
#include "supervisor/password.h"
#include "supervisor/principal.h"
#include "supervisor/sign_in.h"
#include "supervisor/user_json.h"

#include <stdio.h>
#include <string.h>

/* ---- login ---- */

/* Seconds that the cookie is to live, by the clock that its end was made with, near enough. */
static long cookie_age(int64_t expires_at_us)
{
    int64_t left_s = (expires_at_us - clock_wall_us()) / 1000000;

    return left_s > 1 ? (long)left_s : 1;
}

static void reply_signed_in(struct http_call *call, const struct sign_in_answer *answer)
{
    json_object *data = json_object_new_object();

    json_add_string(data, "token", answer->token);
    json_object_object_add(data, "user", user_json(answer->user));
    json_add_bool(data, "needs_mfa", false);
    json_add_bool(data, "password_expired",
                  strcmp(answer->user->status, STORE_USER_PASSWORD_EXPIRED) == 0);
    json_add_time(data, "expires_at", answer->expires_at_us);
    http_call_set_cookie(call, answer->token, cookie_age(answer->expires_at_us));
    http_reply_data(call, data);
}

static void reply_too_many(struct http_call *call, unsigned wait_s)
{
    char seconds[16];

    snprintf(seconds, sizeof(seconds), "%u", wait_s);
    http_set_header(call, "Retry-After", seconds);
    http_reply_error(call, "E4291", "Too many sign-ins in vain, please try again in %u seconds",
                     wait_s);
}

static void reply_in_vain(struct http_call *call, const struct sign_in_answer *answer)
{
    switch (answer->outcome) {
    case SIGN_IN_TOO_MANY:
        reply_too_many(call, answer->wait_s);
        break;
    case SIGN_IN_BUSY:
        http_reply_error(call, "E5031", "too many passwords are being checked, try again");
        break;
    case SIGN_IN_STORE:
        http_reply_store(call, answer->result, "user");
        break;
    case SIGN_IN_LOCKED:
        http_reply_error(call, "E4011", "Account is locked, please try again later");
        break;
    case SIGN_IN_DISABLED:
        http_reply_error(call, "E4011", "Account is disabled");
        break;
    default:
        http_reply_error(call, "E4011", "Invalid username or password");
        break;
    }
}

static void login_cb(void *arg, const struct sign_in_answer *answer)
{
    if (answer->outcome == SIGN_IN_OK)
        reply_signed_in(arg, answer);
    else
        reply_in_vain(arg, answer);
}

void api_login(struct http_call *call)
{
    json_object *body = http_call_body(call);
    struct sign_in_request request = {.user_agent = http_call_header(call, "User-Agent")};

    if (json_get_string(body, "username", &request.username) != JSON_OK ||
        json_get_string(body, "password", &request.password) != JSON_OK ||
        request.username[0] == '\0' || request.password[0] == '\0') {
        http_reply_error(call, "E4002", "Username and password are required");
        return;
    }
    sign_in_begin(http_call_app(call), &request, http_call_who(call), login_cb, call);
}

/* ---- logout ---- */

static void logout_cb(void *arg, enum store_result result)
{
    struct http_call *call = arg;

    if (result != STORE_OK) {
        http_reply_store(call, result, "session");
        return;
    }
    auth_forget_session(http_call_app(call), http_call_principal(call)->session_id);
    http_call_set_cookie(call, "", 0);
    http_reply_message(call, "Logout successful");
}

void api_logout(struct http_call *call)
{
    const struct principal *principal = http_call_principal(call);

    if (principal->is_token)
        http_reply_error(call, "E4002",
                         "an API token is not signed out: it ends when it is removed");
    else
        store_sign_out(http_call_app(call)->store, principal->session_id, http_call_who(call),
                       logout_cb, call);
}

/* ---- profile ---- */

static void profile_cb(void *arg, enum store_result result, enum store_refusal refusal,
                       const struct store_user_row *user)
{
    (void)refusal;
    if (result == STORE_OK)
        http_reply_data(arg, user_json(user));
    else
        http_reply_store(arg, result, "user");
}

void api_profile(struct http_call *call)
{
    store_user_get(http_call_app(call)->store, http_call_principal(call)->id,
                   http_call_deadline(call), profile_cb, call);
}

/* A wrong password is no reason to send him to the sign-in page: 401 would. */
static void changed_cb(void *arg, const struct sign_in_answer *answer)
{
    struct http_call *call = arg;

    switch (answer->outcome) {
    case SIGN_IN_OK:
        http_call_set_cookie(call, "", 0);
        http_reply_message(call, "Password changed, please sign in again");
        break;
    case SIGN_IN_WRONG:
        http_reply_error(call, "E4002", "old_password is wrong");
        break;
    case SIGN_IN_LOCKED:
        reply_too_many(call, answer->wait_s);
        break;
    default:
        reply_in_vain(call, answer);
        break;
    }
}

void api_profile_set_password(struct http_call *call)
{
    const struct principal *principal = http_call_principal(call);
    json_object *body = http_call_body(call);
    struct sign_in_request request = {.username = principal->username};
    const char *fault;

    if (json_get_string(body, "old_password", &request.password) != JSON_OK ||
        json_get_string(body, "new_password", &request.new_password) != JSON_OK) {
        http_reply_error(call, "E4002", "old_password and new_password are required");
        return;
    }
    fault = password_fault(request.new_password, principal->username);
    if (fault != NULL)
        http_reply_error(call, "E4002", "new_%s", fault);
    else if (strcmp(request.new_password, request.password) == 0)
        http_reply_error(call, "E4002", "new_password must differ from old_password");
    else
        sign_in_change_password(http_call_app(call), &request, http_call_who(call), changed_cb,
                                call);
}
