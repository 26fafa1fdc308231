/* SPDX-License-Identifier: MIT */
/* The bytes of stored files: STATE_DIR/files/KEY. A file is written under another name, brought to
 * the disk, and only then gets its own: whatever a row of the database speaks of is there, whole.
 * For the offload thread; a struct file_write belongs to one thread at a time. */
#ifndef SUPERVISOR_FILE_STORE_H
#define SUPERVISOR_FILE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#define FILE_NAME_MAX 255 /* bytes of a name for people */

struct file_write;

/* NULL, and errno, if it cannot be made. */
struct file_write *file_store_begin(const char *path);
/* False, and errno: the rest may be left out, file_store_end() fails. */
bool file_store_add(struct file_write *write, const void *bytes, size_t size);
/* Frees it. The file is on the disk under its name, and `sha256` is filled; or nothing is left of
 * it: false, and errno. */
bool file_store_end(struct file_write *write, char sha256[65]);
/* Frees it and leaves nothing. */
void file_store_drop(struct file_write *write);

/* By the ending of its name. Static text. */
const char *file_content_type(const char *name);
/* A name for people out of what somebody has given: the part behind the last slash or backslash,
 * valid UTF-8 without control characters, at most FILE_NAME_MAX bytes; `otherwise` if nothing is
 * left. The caller frees it. */
char *file_display_name(const char *given, const char *otherwise);

#endif
