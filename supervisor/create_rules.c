/* SPDX-License-Identifier: MIT */
/* A request's body against the rules of a create endpoint. */
#include "supervisor/create_rules.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SHOWN_MAX 64 /* bytes of a member's name in a message */

static const char *const kind_names[] = {"string",      "int",    "number", "bool",
                                         "string_list", "object", "any"};

bool create_kind_parse(const char *name, enum create_kind *kind)
{
    for (size_t i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++) {
        if (strcmp(name, kind_names[i]) == 0) {
            *kind = (enum create_kind)i;
            return true;
        }
    }
    return false;
}

void create_rules_clear(struct create_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct create_field *field = &rules->fields[i];
        for (char **value = field->one_of; value != NULL && *value != NULL; value++)
            free(*value);
        free(field->one_of);
        free(field->name);
    }
    free(rules->fields);
    *rules = (struct create_rules){0};
}

/* ---- values ---- */

static bool is_one_of(char *const *values, const char *text)
{
    if (values[0] == NULL)
        return true;
    for (; *values != NULL; values++)
        if (strcmp(*values, text) == 0)
            return true;
    return false;
}

static bool string_fits(const struct create_field *field, json_object *value)
{
    const char *text = json_object_get_string(value);

    return json_object_is_type(value, json_type_string) &&
           strlen(text) == (size_t)json_object_get_string_len(value) &&
           strlen(text) <= field->max_length && is_one_of(field->one_of, text);
}

static bool list_fits(const struct create_field *field, json_object *value)
{
    if (!json_object_is_type(value, json_type_array) ||
        json_object_array_length(value) > field->max_items)
        return false;
    for (size_t i = 0; i < json_object_array_length(value); i++)
        if (!string_fits(field, json_object_array_get_idx(value, i)))
            return false;
    return true;
}

static bool number_fits(const struct create_field *field, json_object *value)
{
    double number = json_object_get_double(value);

    if (!json_object_is_type(value, json_type_int) &&
        (field->kind == CREATE_INT || !json_object_is_type(value, json_type_double)))
        return false;
    return isfinite(number) && number >= field->least && number <= field->most;
}

static bool fits(const struct create_field *field, json_object *value)
{
    switch (field->kind) {
    case CREATE_STRING:
        return string_fits(field, value);
    case CREATE_STRING_LIST:
        return list_fits(field, value);
    case CREATE_INT:
    case CREATE_NUMBER:
        return number_fits(field, value);
    case CREATE_BOOL:
        return json_object_is_type(value, json_type_boolean);
    case CREATE_OBJECT:
        return json_object_is_type(value, json_type_object);
    case CREATE_ANY:
        return true;
    }
    return false;
}

/* ---- messages ---- */

static char *join(char *const *values)
{
    char *text = xstrdup("");

    for (size_t i = 0; values[i] != NULL; i++) {
        char *longer = xasprintf("%s%s\"%s\"", text, i > 0 ? ", " : "", values[i]);
        free(text);
        text = longer;
    }
    return text;
}

/* "keywords must be ...": what would have been right. */
static char *wish(const struct create_field *field)
{
    char *values = join(field->one_of), *text = NULL;
    bool listed = field->one_of[0] != NULL;

    switch (field->kind) {
    case CREATE_STRING:
        text = listed ? xasprintf("%s must be one of %s", field->name, values)
                      : xasprintf("%s must be a string of at most %u bytes", field->name,
                                  field->max_length);
        break;
    case CREATE_STRING_LIST:
        text = listed ? xasprintf("%s must be a list of at most %u of %s", field->name,
                                  field->max_items, values)
                      : xasprintf("%s must be a list of at most %u strings of at most %u bytes "
                                  "each",
                                  field->name, field->max_items, field->max_length);
        break;
    case CREATE_INT:
    case CREATE_NUMBER:
        text = xasprintf("%s must be %s from %.16g to %.16g", field->name,
                         field->kind == CREATE_INT ? "an integer" : "a number", field->least,
                         field->most);
        break;
    case CREATE_BOOL:
        text = xasprintf("%s must be true or false", field->name);
        break;
    case CREATE_OBJECT:
    case CREATE_ANY:
        text = xasprintf("%s must be an object", field->name);
        break;
    }
    free(values);
    return text;
}

static char *known_names(const struct create_rules *rules)
{
    char *text = xstrdup(rules->count > 0 ? "" : "none");

    for (size_t i = 0; i < rules->count; i++) {
        char *longer = xasprintf("%s%s%s", text, i > 0 ? ", " : "", rules->fields[i].name);
        free(text);
        text = longer;
    }
    return text;
}

/* ---- the whole body ---- */

static bool is_known(const struct create_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->count; i++)
        if (strcmp(rules->fields[i].name, name) == 0)
            return true;
    return false;
}

static bool members_are_known(const struct create_rules *rules, json_object *body,
                              struct create_fault *fault)
{
    json_object_object_foreach(body, name, value)
    {
        char *shown, *known;
        (void)value;
        if (is_known(rules, name))
            continue;
        shown = utf8_sanitise(name, strlen(name), NAME_SHOWN_MAX);
        known = known_names(rules);
        fault->code = "E4002";
        fault->text =
            xasprintf("\"%s\" is not a member that is known here; known: %s", shown, known);
        free(shown);
        free(known);
        return false;
    }
    return true;
}

/* The value, unless it counts as not given. */
static json_object *given(json_object *body, const char *name)
{
    json_object *value = NULL;

    json_object_object_get_ex(body, name, &value);
    if (value == NULL ||
        (json_object_is_type(value, json_type_string) && json_object_get_string_len(value) == 0) ||
        (json_object_is_type(value, json_type_array) && json_object_array_length(value) == 0))
        return NULL;
    return value;
}

static bool add_member(const struct create_field *field, json_object *body, json_object *payload,
                       struct create_fault *fault)
{
    json_object *value = given(body, field->name);

    if (value == NULL && field->required) {
        fault->code = "E4001";
        fault->text = xasprintf("%s is missing", field->name);
        return false;
    }
    if (value != NULL && !fits(field, value)) {
        fault->code = "E4002";
        fault->text = wish(field);
        return false;
    }
    if (value != NULL)
        json_object_object_add(payload, field->name, json_object_get(value));
    return true;
}

json_object *create_rules_apply(const struct create_rules *rules, json_object *body,
                                struct create_fault *fault)
{
    json_object *payload;

    if (!members_are_known(rules, body, fault))
        return NULL;
    payload = json_object_new_object();
    for (size_t i = 0; i < rules->count; i++) {
        if (!add_member(&rules->fields[i], body, payload, fault)) {
            json_object_put(payload);
            return NULL;
        }
    }
    return payload;
}
