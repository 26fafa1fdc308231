/* SPDX-License-Identifier: MIT */
/* Filling struct taskyard_error, which belongs to the caller of the library and may be absent. */
#include "client/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_set(struct taskyard_error *error, enum taskyard_error_kind kind, const char *format, ...)
{
    va_list arguments;

    if (error == NULL)
        return;
    error_none(error);
    error->kind = kind;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
}

void error_none(struct taskyard_error *error)
{
    if (error != NULL)
        memset(error, 0, sizeof(*error));
}

void error_copy(struct taskyard_error *to, const struct taskyard_error *from)
{
    if (to != NULL)
        *to = *from;
}
