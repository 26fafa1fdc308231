/* SPDX-License-Identifier: MIT */
/* The payload as given on the command line: text, @FILE, or - for standard input. */
#ifndef CLIENT_CLI_PAYLOAD_H
#define CLIENT_CLI_PAYLOAD_H

#include <stddef.h>

#define PAYLOAD_MAX                                                                                \
    ((size_t)64 * 1024 * 1024) /* guards our own memory; the supervisor's limit is lower */

/* The text, which the caller frees; it is not changed in any way. NULL with a reason (caller frees)
 * in *why. */
char *payload_read(const char *given, char **why);

#endif
