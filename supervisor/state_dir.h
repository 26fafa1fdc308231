/* SPDX-License-Identifier: MIT */
/* The state directory: its folders, the lock that keeps a second supervisor out, and the trace of
 * the last one. Before the loop runs; failures are fatal. */
#ifndef SUPERVISOR_STATE_DIR_H
#define SUPERVISOR_STATE_DIR_H

#include "common/id.h"

/* Makes STATE_DIR and its files/. */
void state_dir_prepare(const char *state_dir);

/* Takes STATE_DIR/lock for the life of this process and returns its descriptor; fatal, naming the
 * holder's pid, if another supervisor has it. */
int state_dir_lock(const char *state_dir);

/* The id of STATE_DIR, made at the first call; "" if it cannot be written down. The lock is held.
 */
void state_dir_id(const char *state_dir, char id[ID_SIZE]);

/* Kills what the last incarnation left running (it may have died), removes its work directories and
 * the files it had not written to their ends, and writes this one's mark to STATE_DIR/incarnation.
 * `last_incarnation` gets the id of the one before, "" if there was none. */
void state_dir_succeed(const char *state_dir, const char *mark_prefix,
                       char last_incarnation[ID_SIZE]);

/* Notes in STATE_DIR/cgroup which tree of cgroups this life has; NULL: none (any more). The next
 * life kills what it finds there. */
void state_dir_note_cgroup(const char *state_dir, const char *tree);

#endif
