/* SPDX-License-Identifier: MIT */
/* Filling struct taskyard_error. */
#ifndef CLIENT_ERROR_H
#define CLIENT_ERROR_H

#include <taskyard/client.h>

/* Overwrites *error; does nothing if it is NULL. A text that does not fit is cut. */
void error_set(struct taskyard_error *error, enum taskyard_error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void error_none(struct taskyard_error *error);
/* Copies to what the caller of the library gave, if it gave any. */
void error_copy(struct taskyard_error *to, const struct taskyard_error *from);

#endif
