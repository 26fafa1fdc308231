/* SPDX-License-Identifier: MIT */
/* Replacing the running program in place: the program file that lies where ours was started from is
 * tried as a child first; then it takes over this process (execve(2): the same pid, so running
 * tasks stay our children), with their pipes, timers and the listeners. Loop thread only.
 *
 *   IDLE --asked--> CHECKING --the child says yes--> RESTING --all at rest--> LEAVING --> execve
 *     ^-----------no, or too late---'                  |  ^--not any more-------'|
 *     '--------------------------------not in time-----'-----------it fails------'  */
#ifndef SUPERVISOR_UPGRADE_H
#define SUPERVISOR_UPGRADE_H

#include <stdbool.h>
#include <sys/types.h>

struct app;
struct config;
struct handover;
struct upgrade;

/* Called once: when the new program has been found fit (why: NULL), or with a sentence. */
typedef void (*upgrade_fn)(void *arg, const char *why);

struct upgrade *upgrade_new(struct app *app);
/* Whoever waits is told; before the HTTP server is freed. NULL is fine. */
void upgrade_free(struct upgrade *upgrade);

/* Begins. `done` NULL: nobody waits. */
void upgrade_start(struct upgrade *upgrade, upgrade_fn done, void *arg);
/* Why the last one did not come about, NULL if it did, or has not ended. */
const char *upgrade_error(const struct upgrade *upgrade);

/* The reaper's: true if the pid is the child that tries the new program. */
bool upgrade_owns(const struct upgrade *upgrade, pid_t pid);
void upgrade_on_exit(struct upgrade *upgrade, int wait_status);

/* The loop has been left. If it was for an upgrade, this becomes the new program; true: that has
 * come to nothing, and the loop goes on. */
bool upgrade_leave(struct upgrade *upgrade);

/* ---- upgrade_resume.c: the new program ---- */

/* What the program before us has left, NULL if there was none; puts app->handover and what the
 * first parts need. Before anything is made. Fatal if it cannot be used. */
void upgrade_receive(struct app *app);
/* The running tasks go on. After all parts are made; ends app->handover. */
void upgrade_resume(struct app *app);

/* False, with the reason logged, if what is left belongs to another service than this
 * configuration. */
bool upgrade_is_ours(const struct handover *handover, const struct config *config);

/* ---- upgrade_check.c: the new program, tried by the old one ---- */

/* What `--check-handover` does: descriptor 3 is what would be left. The exit status. */
int upgrade_check(struct config *config);

#endif
