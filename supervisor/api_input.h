/* SPDX-License-Identifier: MIT */
/* What the handlers of users, roles and tokens have in common: members of bodies, and the answers
 * to changes that the store has refused. Loop thread only. */
#ifndef SUPERVISOR_API_INPUT_H
#define SUPERVISOR_API_INPUT_H

#include "supervisor/store_users.h"
#include <json-c/json.h>

struct http_call;

#define API_NAME_MAX 64 /* bytes of the name of a user or role */

/* ASCII only, so that no name can look like another's. */
bool api_name_is_good(const char *name);

/* A text for people. Absent: *value stays. False if it is no string, longer than `most` bytes, or
 * has control characters. */
bool api_get_text(json_object *body, const char *key, size_t most, const char **value);

#define API_LIST_MAX 256
struct api_list {
    const char *items[API_LIST_MAX]; /* belong to the body */
    size_t count;
    bool given;
};
/* An array of strings; of objects, their member `name_key` counts. False if it is anything else. */
bool api_get_list(json_object *body, const char *key, const char *name_key, struct api_list *list);

/* The error for a change that has not happened. `what` names the thing: "user". */
void api_reply_refused(struct http_call *call, enum store_result result, enum store_refusal refusal,
                       const char *what);

#endif
