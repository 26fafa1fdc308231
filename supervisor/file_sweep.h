/* SPDX-License-Identifier: MIT */
/* Removes files of the file store that have no row: a supervisor that dies between the rename of a
 * file and the commit of its row leaves one that nobody can ask for, and so does one that dies
 * between the removal of a row and that of its file. Only files of earlier lives, only if the
 * database has known the last of them, and only once all that waited in the outbox is stored. */
#ifndef SUPERVISOR_FILE_SWEEP_H
#define SUPERVISOR_FILE_SWEEP_H

struct app;
struct file_sweep;

/* Lists what is there. Must be the first job of app->offload, which alone writes files. */
struct file_sweep *file_sweep_new(struct app *app);
/* The past is settled: compares the list with the database, and removes, a few at a time. */
void file_sweep_begin(struct file_sweep *sweep);
/* After the offload thread has ended and the store is closed. NULL is allowed. */
void file_sweep_free(struct file_sweep *sweep);

#endif
