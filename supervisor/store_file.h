/* SPDX-License-Identifier: MIT */
/* Rows of `file`, written with the task that leaves them. */
#ifndef SUPERVISOR_STORE_FILE_H
#define SUPERVISOR_STORE_FILE_H

#include "supervisor/store_files.h"

struct store_conn;

/* Writer thread. False: the connection has an error. */
bool store_file_insert(struct store_conn *conn, const struct store_file *file);

#endif
