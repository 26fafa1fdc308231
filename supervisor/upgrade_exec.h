/* SPDX-License-Identifier: MIT */
/* The change of program itself, for upgrade.c. Loop thread only. */
#ifndef SUPERVISOR_UPGRADE_EXEC_H
#define SUPERVISOR_UPGRADE_EXEC_H

#include "supervisor/handover.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct app;

/* The files that make a program what it is: itself, its configuration, the template. */
#define UPGRADE_FILES 3
struct upgrade_file { /* all zeros: it is not there */
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec written;
};
struct upgrade_files {
    struct upgrade_file file[UPGRADE_FILES];
};
/* As they are now; before a trial begins. */
void upgrade_files_look(const struct app *app, struct upgrade_files *files);

/* What is left, into a file in memory: its descriptor, -1 with errno set. The texts of the handover
 * stay the app's, its runs are gone. While a template is not at rest it is left out, which is
 * enough for a trial. */
int upgrade_write(struct app *app, int64_t began_ms, struct handover *handover);

/* Held back, signals are kept for the new program: it may be told to stop, or a task may end,
 * before it listens. Let through, all are. */
void upgrade_hold_signals(bool hold);

/* Closes the store and what else must end, and becomes the new program. Returns only if that is not
 * possible, when everything works again: a sentence, the caller's. */
char *upgrade_exec(struct app *app, int64_t began_ms, const struct upgrade_files *tried);

#endif
