/* SPDX-License-Identifier: MIT */
/* API tokens of users: list, add, remove. */
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/api_input.h"
#include "supervisor/app.h"
#include "supervisor/auth.h"
#include "supervisor/http_call.h"
#include "supervisor/store_sessions.h"
#include "supervisor/token.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 128
#define DAYS_MAX 36500

static json_object *token_json(const struct store_token_row *row)
{
    json_object *token = json_object_new_object();

    json_add_string(token, "id", row->id);
    json_add_string(token, "name", row->name);
    json_add_time(token, "created_at", row->created_at_us);
    json_add_time(token, "expires_at", row->expires_at_us);
    return token;
}

/* ---- list ---- */

static void list_cb(void *arg, enum store_result result, const struct store_token_row *rows,
                    size_t count)
{
    json_object *array;

    if (result != STORE_OK) {
        http_reply_store(arg, result, "user");
        return;
    }
    array = json_object_new_array();
    for (size_t i = 0; i < count; i++) {
        json_object *token = token_json(&rows[i]);
        if (rows[i].seen_at_us > rows[i].created_at_us)
            json_add_time(token, "seen_at", rows[i].seen_at_us);
        json_object_array_add(array, token);
    }
    http_reply_data(arg, array);
}

void api_token_list(struct http_call *call)
{
    store_token_list(http_call_app(call)->store, http_call_part(call, 0), http_call_deadline(call),
                     list_cb, call);
}

/* ---- add ---- */

struct addition {
    struct http_call *call;
    char token[TOKEN_SIZE];
};

static void added_cb(void *arg, enum store_result result, enum store_refusal refusal,
                     const struct store_token_row *row)
{
    struct addition *addition = arg;
    json_object *reply;

    if (result != STORE_OK) {
        api_reply_refused(addition->call, result, refusal, "user");
    } else {
        reply = token_json(row);
        json_add_string(reply, "token", addition->token);
        http_reply_data(addition->call, reply);
    }
    explicit_bzero(addition, sizeof(*addition));
    free(addition);
}

void api_token_add(struct http_call *call)
{
    json_object *body = http_call_body(call);
    char hash[TOKEN_HASH_SIZE];
    struct store_token_new token = {.user = http_call_part(call, 0), .token_hash = hash};
    struct addition *addition;
    int64_t days = 0;

    if (!api_get_text(body, "name", NAME_MAX_BYTES, &token.name) || token.name == NULL ||
        token.name[0] == '\0') {
        http_reply_error(call, "E4002",
                         "name must say what the token is for, in 1 to 128 bytes without control "
                         "characters");
        return;
    }
    if (json_get_int(body, "expires_in_days", 1, DAYS_MAX, &days) == JSON_WRONG_TYPE) {
        http_reply_error(call, "E4002", "expires_in_days must be a whole number from 1 to 36500");
        return;
    }
    addition = xcalloc(1, sizeof(*addition));
    addition->call = call;
    token_new(addition->token);
    token_hash(addition->token, hash);
    id_new(token.id);
    token.days = (unsigned)days;
    store_token_add(http_call_app(call)->store, &token, http_call_who(call), added_cb, addition);
}

/* ---- remove ---- */

static void removed_cb(void *arg, enum store_result result, enum store_refusal refusal,
                       const struct store_token_row *row)
{
    struct http_call *call = arg;

    if (result != STORE_OK) {
        api_reply_refused(call, result, refusal, "token");
        return;
    }
    auth_forget_session(http_call_app(call), row->id);
    http_reply_message(call, "Token deleted");
}

void api_token_remove(struct http_call *call)
{
    const char *id = http_call_part(call, 1);

    if (!id_is_valid(id))
        http_reply_store(call, STORE_NOT_FOUND, "token");
    else
        store_token_remove(http_call_app(call)->store, http_call_part(call, 0), id,
                           http_call_who(call), removed_cb, call);
}
