/* SPDX-License-Identifier: MIT */
/* Containment by cgroup version 2: a leaf for each attempt, from which no process of it can get
 * away by a new session, by a daemon's fork or by an empty environment. What lives in it is killed
 * in one blow, and its emptiness is the kernel's word.
 *
 *   BASE/taskyard-<incarnation>/supervisor      we and the templates
 *   BASE/taskyard-<incarnation>/attempts/<n>    a worker and all that comes of it
 *
 * Leaves are used again, so that a task costs no mkdir(2). Loop thread only. */
#ifndef SUPERVISOR_CGROUP_H
#define SUPERVISOR_CGROUP_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct app;
struct cgroup;
struct cgroup_leaf;

/* A leaf that was watched is empty. */
typedef void (*cgroup_emptied_fn)(struct app *app);

/* Makes the tree as the configuration has it, and moves this process into it; before the first
 * template and the first thread. NULL if attempts are contained by session alone; says in the log
 * which way it is, and why. Fatal if the configuration names a directory that cannot be used. After
 * an upgrade the tree is the one that was left to us (app->handover). */
struct cgroup *cgroup_new(struct app *app, cgroup_emptied_fn emptied);
/* Moves this process out and removes the tree. All leaves have been given back. NULL is fine. */
void cgroup_free(struct cgroup *cgroup);

/* "cgroup", or "session" for NULL. */
const char *cgroup_containment(const struct cgroup *cgroup);
/* The directory of all leaves, NULL for NULL. */
const char *cgroup_attempts_path(const struct cgroup *cgroup);

/* Kills whatever lives in the tree that an earlier incarnation left, and removes it. `path` as
 * noted by that life; refused if it is no tree of ours. Blocks, 10 seconds at most. */
void cgroup_bury(const char *path);

/* An empty leaf for the run of this number; NULL with errno set. */
struct cgroup_leaf *cgroup_leaf_take(struct cgroup *cgroup, uint64_t run);
/* After the end of the attempt; it is not used again if it has been killed, is changed, or `fit` is
 * false. */
void cgroup_leaf_give_back(struct cgroup_leaf *leaf, bool fit);

/* The open directory; stays the leaf's. */
int cgroup_leaf_fd(const struct cgroup_leaf *leaf);
/* True if nothing lives in it; zombies do not. */
bool cgroup_leaf_is_empty(struct cgroup_leaf *leaf);
/* Calls `each` with every process in it, in no particular order. */
void cgroup_leaf_each(const struct cgroup_leaf *leaf, void (*each)(void *arg, pid_t pid),
                      void *arg);
/* Stops all of it where it is, or lets it go on. False with errno set. */
bool cgroup_leaf_freeze(struct cgroup_leaf *leaf, bool freeze);
/* True once nothing in it moves. */
bool cgroup_leaf_is_frozen(const struct cgroup_leaf *leaf);
/* How many of the attempt's processes the kernel has killed for want of memory, as far as can be
 * told. */
unsigned long cgroup_leaf_oom_kills(const struct cgroup_leaf *leaf);
/* SIGKILL to all of it. Returns how many there were. */
unsigned cgroup_leaf_kill(struct cgroup_leaf *leaf);
/* Once: cgroup_emptied_fn is called when nothing lives in it any more. */
void cgroup_leaf_watch(struct cgroup_leaf *leaf);

/* ---- an upgrade ---- */

/* The directory that the tree lies in, and the number of its newest leaf; spare ones are removed.
 * The tree stays. */
const char *cgroup_hand_over(struct cgroup *cgroup, unsigned *last_leaf);
/* What is known of the leaf of a running attempt; caller puts. */
json_object *cgroup_leaf_hand_over(const struct cgroup_leaf *leaf);
/* NULL if it is not there. */
struct cgroup_leaf *cgroup_leaf_take_over(struct cgroup *cgroup, json_object *object, uint64_t run);

/* The number of the run in whose leaf this process lives, 0 if in none. */
uint64_t cgroup_owner(const struct cgroup *cgroup, pid_t pid);

#endif
