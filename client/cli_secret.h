/* SPDX-License-Identifier: MIT */
/* Reading a password: from a file, from a terminal without echo, or from standard input. Never from
 * arguments. */
#ifndef CLIENT_CLI_SECRET_H
#define CLIENT_CLI_SECRET_H

#define SECRET_MAX 4096

/* The first line of the file ("-": standard input); with path NULL asks on the terminal, twice, or
 * reads standard input if that is not a terminal. NULL after a complaint. Free it with secret_free.
 */
char *secret_read(const char *path);

/* Overwrites and frees; NULL is fine. */
void secret_free(char *secret);

#endif
