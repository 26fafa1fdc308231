/* SPDX-License-Identifier: MIT */
/* Members of a struct as members of a JSON object, by a table that serves both ways. For state that
 * one program of ours hands to another; what comes from users has parsers of its own. */
#ifndef COMMON_FIELDS_H
#define COMMON_FIELDS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind { FIELD_BOOL, FIELD_INT, FIELD_UNSIGNED, FIELD_INT64, FIELD_UINT64, FIELD_TEXT };

struct field {
    const char *name; /* of the member, dots and all */
    enum field_kind kind;
    size_t offset;
};

/* An enum counts as the integer type that the compiler gives it. */
#define FIELD(type, member)                                                                        \
    {                                                                                              \
#member,                                                                                   \
            _Generic(((type *)0)->member,                                                          \
                     bool: FIELD_BOOL,                                                             \
                     int: FIELD_INT,                                                               \
                     unsigned: FIELD_UNSIGNED,                                                     \
                     int64_t: FIELD_INT64,                                                         \
                     uint64_t: FIELD_UINT64,                                                       \
                     char *: FIELD_TEXT),                                                          \
            offsetof(type, member)       \
    }

/* Adds every field to the object; a text that is NULL is left out. */
void fields_write(json_object *object, const void *from, const struct field *fields, size_t count);

/* Fills in every field; texts are fresh copies, NULL where there is none. False if a number or
 * truth value is absent, of another type or does not fit; its name is put into *wrong. What has
 * been read by then stays, and is the caller's. */
bool fields_read(json_object *object, void *to, const struct field *fields, size_t count,
                 const char **wrong);

/* Frees the texts. */
void fields_clear(void *from, const struct field *fields, size_t count);

#endif
