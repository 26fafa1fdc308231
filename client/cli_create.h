/* SPDX-License-Identifier: MIT */
/* The arguments of `taskyard create`. */
#ifndef CLIENT_CLI_CREATE_H
#define CLIENT_CLI_CREATE_H

#include <argp.h>
#include <stdbool.h>

struct create_arguments {
    const char *type;
    const char *payload;         /* NULL, or as given: text, @FILE, - */
    const char *creator;         /* NULL */
    const char *idempotency_key; /* NULL */
    int max_retries;             /* -1: the type's default */
    unsigned long count;         /* 0: not given, one task */
    bool wait;
};

/* Its input is a struct create_arguments with the defaults of create_defaults. */
const struct argp *create_argp(void);
void create_defaults(struct create_arguments *arguments);

#endif
