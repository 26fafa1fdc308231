/* SPDX-License-Identifier: MIT */
/* The numbered schema steps of this program, in order. schema_steps.c is made from sql/NNN_name.sql
 * by sql/embed.sh when the program is built. */
#ifndef SQL_SCHEMA_STEPS_H
#define SQL_SCHEMA_STEPS_H

#include <stddef.h>

struct schema_step {
    unsigned number;  /* from 1, without gaps */
    const char *name; /* file name without number and suffix */
    const char *text; /* statements, each ended by ";\n" */
};

extern const struct schema_step schema_steps[];
extern const size_t schema_step_count;

#endif
