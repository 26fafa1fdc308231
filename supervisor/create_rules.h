/* SPDX-License-Identifier: MIT */
/* Which members the body of a create endpoint may have: a descriptor says it, a request is held
 * against it. Pure. */
#ifndef SUPERVISOR_CREATE_RULES_H
#define SUPERVISOR_CREATE_RULES_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

enum create_kind {
    CREATE_STRING,
    CREATE_INT,
    CREATE_NUMBER,
    CREATE_BOOL,
    CREATE_STRING_LIST,
    CREATE_OBJECT,
    CREATE_ANY /* any JSON value */
};
/* string int number bool string_list object any */
bool create_kind_parse(const char *name, enum create_kind *kind);

#define CREATE_INT_MOST 9007199254740991.0 /* JSON numbers are exact up to here */

struct create_field {
    char *name;
    enum create_kind kind;
    bool required;
    unsigned max_length; /* bytes of a string */
    unsigned max_items;  /* of a list */
    double least, most;  /* of a number, both included */
    char **one_of;       /* NULL-terminated; empty: any string */
};

struct create_rules {
    struct create_field *fields;
    size_t count;
};

/* Why a body is refused. */
struct create_fault {
    const char *code; /* E4001: something is missing; E4002: something is wrong */
    char *text;       /* a sentence that names the member; the caller frees it */
};

/* The payload: the members that are given, in the order of the rules. Null, "" and an empty list
 * count as not given. NULL if the body breaks a rule. The caller puts the object. */
json_object *create_rules_apply(const struct create_rules *rules, json_object *body,
                                struct create_fault *fault);

void create_rules_clear(struct create_rules *rules);

#endif
