/* SPDX-License-Identifier: MIT */
/* The section `create` of a type descriptor: the address at which a front end makes tasks of the
 * type. Known to the type_* files and to those who serve the address. */
#ifndef SUPERVISOR_TYPE_CREATE_H
#define SUPERVISOR_TYPE_CREATE_H

#include "supervisor/create_rules.h"

#include <confuse.h>

#define TYPE_CREATE_METHOD "POST" /* the only one */

struct type_create {
    char *path;       /* literal, begins with /api/ */
    char *permission; /* what a caller needs */
    int max_retries;  /* of the tasks made here; -1: the type's */
    struct create_rules rules;
};

/* For the parser of descriptors. */
extern cfg_opt_t type_create_options[];
/* Sets the functions that note where sections begin. `prefix` names the section: "type|create". */
void type_create_watch(cfg_t *cfg, const char *prefix);

/* From the sections `create` of a type. NULL without a fault: it has none. A fault is a sentence
 * that the caller frees, and the line it is about (0: unknown). */
struct type_create *type_create_read(cfg_t *type, char **fault, long *line);
void type_create_free(struct type_create *create);

#endif
