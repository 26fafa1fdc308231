/* SPDX-License-Identifier: MIT */
/* Work directories: a private, empty directory for each attempt, made by the worker itself. One
 * that an attempt leaves empty serves the next, because making and removing directories is dear on
 * a file system with a journal. Loop thread only. */
#ifndef SUPERVISOR_WORKDIR_H
#define SUPERVISOR_WORKDIR_H

struct app;
struct workdirs;

struct workdirs *workdirs_new(struct app *app);
void workdirs_free(struct workdirs *workdirs);
/* Removes those that are kept. */
void workdirs_clear(struct workdirs *workdirs);

/* For an upgrade: the number in the newest path, and to go on after it. */
unsigned workdirs_last_number(const struct workdirs *workdirs);
void workdirs_set_last_number(struct workdirs *workdirs, unsigned number);

/* The path for one attempt; it exists and is empty, or does not exist. The caller frees the text.
 */
char *workdir_take(struct workdirs *workdirs);
/* After the attempt's last process is gone. Keeps it for another if it is empty and still as it
 * was; else it is removed with all that is in it, off the loop. */
void workdir_give_back(struct workdirs *workdirs, const char *path);

/* Removes all work directories that earlier incarnations left. Blocks; before the loop runs. */
void workdir_remove_all(const char *state_dir);

#endif
