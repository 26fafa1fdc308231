/* SPDX-License-Identifier: MIT */
/* A private database server for the tests of the store, started by the real launcher in a directory
 * of its own. Started as root, the whole test goes on as an ordinary user first: the database knows
 * its user by the account. Aborts on failure. */
#ifndef TESTS_STORE_SERVER_H
#define TESTS_STORE_SERVER_H

#include "supervisor/store.h"
#include <sys/types.h>

/* Makes the directory and becomes an ordinary user. The launcher is named by the environment
 * variable TASKYARD_DATABASE. */
void store_server_prepare(void);
/* Starts it, and waits until it takes connections. Works in a forked child of the test too. */
void store_server_start(void);
void store_server_signal(int signal);
/* SIGTERM or another signal, and waits for its end. */
void store_server_stop(int signal);
/* Stops it and removes everything. */
void store_server_remove(void);
const char *store_server_socket(void);
const char *store_server_directory(void);

/* What a store needs to reach it. */
struct store_config store_server_config(const char *database, const char *incarnation);

/* Runs statements, each ended by a semicolon, on a connection of its own; an error aborts. */
void store_server_sql(const char *database, const char *statements);
/* The first column of the first row as text ("" if there is none); static memory. */
const char *store_server_value(const char *database, const char *query);
/* All rows, columns joined by "|", rows by newlines; static memory. */
const char *store_server_rows(const char *database, const char *query);

#endif
