/* SPDX-License-Identifier: MIT */
/* Stored files as the API shows them. */
#ifndef SUPERVISOR_FILE_JSON_H
#define SUPERVISOR_FILE_JSON_H

#include "supervisor/store_files.h"

#include <json-c/json.h>

/* An array. */
json_object *files_json(const struct store_file_row *files, size_t count);

#endif
