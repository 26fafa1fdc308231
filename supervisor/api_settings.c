/* SPDX-License-Identifier: MIT */
/* Settings over HTTP. Front ends know the limit of concurrency under one of two names; both are
 * given and either is taken. */
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/http_call.h"
#include "supervisor/settings.h"
#include "supervisor/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_BACKEND "database"
#define CHANGED "Task settings updated successfully"
#define OTHER_NAME "max_concurrent" /* of task_max_concurrent */
#define VALUE_SIZE 24

/* False: the call has been answered. Defaults are not told for what is set. */
static bool are_known(struct http_call *call)
{
    bool known = http_call_app(call)->settings_known;

    if (!known)
        http_reply_store(call, STORE_UNAVAILABLE, "setting");
    return known;
}

void api_settings_get(struct http_call *call)
{
    const struct app *app = http_call_app(call);
    json_object *settings;

    if (!are_known(call))
        return;
    settings = json_object_new_object();
    json_add_int(settings, OTHER_NAME, settings_get(app, SETTING_MAX_CONCURRENT));
    for (int i = 0; i < SETTING_COUNT; i++)
        json_add_int(settings, setting_rules[i].name, settings_get(app, i));
    json_add_string(settings, "log_storage_backend", LOG_BACKEND);
    http_reply_data(call, settings);
}

/* ---- change ---- */

struct change {
    struct http_call *call;
    int64_t values[SETTING_COUNT];
    bool is_new[SETTING_COUNT];
};

/* False: the call has been answered. */
static bool read_value(struct http_call *call, const char *name, enum setting setting,
                       int64_t *value)
{
    const struct setting_rule *rule = &setting_rules[setting];

    if (json_get_int(http_call_body(call), name, rule->least, rule->most, value) != JSON_WRONG_TYPE)
        return true;
    http_reply_error(call, "E4002", "%s must be an integer from %" PRId64 " to %" PRId64, name,
                     rule->least, rule->most);
    return false;
}

/* Of two limits that differ, the one that is not the present value is meant, since a form sends
 * back what it was given. */
static bool read_other_name(struct http_call *call, struct change *change)
{
    const struct setting_rule *rule = &setting_rules[SETTING_MAX_CONCURRENT];
    int64_t present = settings_get(http_call_app(call), SETTING_MAX_CONCURRENT), other = present;
    int64_t *value = &change->values[SETTING_MAX_CONCURRENT];

    if (!read_value(call, OTHER_NAME, SETTING_MAX_CONCURRENT, &other))
        return false;
    if (other != present && *value != present && other != *value) {
        http_reply_error(call, "E4002",
                         "%s and %s are two names of one limit from %" PRId64 " to %" PRId64
                         "; give one of them, or the same number",
                         OTHER_NAME, rule->name, rule->least, rule->most);
        return false;
    }
    if (*value == present)
        *value = other;
    return true;
}

static bool backend_is_good(struct http_call *call, json_object *body)
{
    const char *backend = LOG_BACKEND;

    if (json_get_string(body, "log_storage_backend", &backend) != JSON_WRONG_TYPE &&
        strcmp(backend, LOG_BACKEND) == 0)
        return true;
    http_reply_error(call, "E4002", "log_storage_backend must be \"%s\"", LOG_BACKEND);
    return false;
}

static void changed_cb(void *arg, enum store_result result)
{
    struct change *change = arg;
    struct http_call *call = change->call;

    if (result == STORE_OK) {
        for (int i = 0; i < SETTING_COUNT; i++)
            if (change->is_new[i])
                settings_set(http_call_app(call), i, change->values[i]);
        http_reply_message(call, CHANGED);
    } else {
        http_reply_store(call, result, "setting");
    }
    free(change);
}

/* What is as it was is not written: the audit trail tells of changes. */
static void store_change(struct change *change)
{
    struct store_setting settings[SETTING_COUNT];
    char texts[SETTING_COUNT][VALUE_SIZE];
    struct http_call *call = change->call;
    struct app *app = http_call_app(call);
    size_t count = 0;

    for (int i = 0; i < SETTING_COUNT; i++) {
        change->is_new[i] = change->values[i] != settings_get(app, i);
        if (!change->is_new[i])
            continue;
        snprintf(texts[count], VALUE_SIZE, "%" PRId64, change->values[i]);
        settings[count] = (struct store_setting){setting_rules[i].name, texts[count]};
        count++;
    }
    if (count == 0)
        changed_cb(change, STORE_OK);
    else
        store_settings_set(app->store, settings, count, http_call_who(call),
                           http_call_deadline(call), changed_cb, change);
}

void api_settings_put(struct http_call *call)
{
    struct change *change;
    bool good = true;

    if (!are_known(call) || !backend_is_good(call, http_call_body(call)))
        return;
    change = xcalloc(1, sizeof(*change));
    change->call = call;
    for (int i = 0; i < SETTING_COUNT && good; i++) {
        change->values[i] = settings_get(http_call_app(call), i);
        good = read_value(call, setting_rules[i].name, i, &change->values[i]);
    }
    if (good && read_other_name(call, change))
        store_change(change);
    else
        free(change);
}

/* ---- what there is to change ---- */

void api_setting_fields(struct http_call *call)
{
    json_object *fields = json_object_new_array();
    char text[VALUE_SIZE];

    for (int i = 0; i < SETTING_COUNT; i++) {
        json_object *field = json_object_new_object();

        snprintf(text, sizeof(text), "%" PRId64, setting_rules[i].initial);
        json_add_string(field, "key", setting_rules[i].name);
        json_add_string(field, "value_type", "int");
        json_add_string(field, "default_value", text);
        json_add_int(field, "minimum", setting_rules[i].least);
        json_add_int(field, "maximum", setting_rules[i].most);
        json_object_array_add(fields, field);
    }
    http_reply_data(call, fields);
}

void api_log_backends(struct http_call *call)
{
    json_object *backends = json_object_new_array(), *backend = json_object_new_object();

    json_add_string(backend, "id", LOG_BACKEND);
    json_add_string(backend, "name", "Database");
    json_object_array_add(backends, backend);
    http_reply_data(call, backends);
}
