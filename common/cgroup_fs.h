/* SPDX-License-Identifier: MIT */
/* What one does with a directory of cgroup version 2 (cgroups(7)): look whether anything lives in
 * it, kill all of it, wait for its end, remove it. Always with the groups below it. Keeps no state;
 * any thread. Directories are named by descriptors, so that nobody can put another in their place.
 */
#ifndef COMMON_CGROUP_FS_H
#define COMMON_CGROUP_FS_H

#include <stdbool.h>
#include <sys/types.h>

/* Every directory tree of ours is named so, followed by 32 hexadecimal digits that are never used
 * twice (the incarnation): a process whose cgroup path has that name in it is ours. */
#define CGROUP_FS_TREE "taskyard-"
#define CGROUP_FS_TREE_LENGTH (9 + 32)

enum cgroup_fs_state {
    CGROUP_FS_EMPTY,     /* no process, but zombies perhaps */
    CGROUP_FS_POPULATED, /* at least one */
    CGROUP_FS_ODD        /* empty, but not fit to be used again: frozen, or removed by somebody */
};

/* Reads what a cgroup.events file says; exported for the tests. */
enum cgroup_fs_state cgroup_fs_parse_events(const char *text);

/* Opens a directory of a cgroup2 file system, close-on-exec. -1 with errno set; EINVAL if it lies
 * on another kind of file system. */
int cgroup_fs_open(const char *path);

/* `events` is an open cgroup.events; a change wakes poll(2) with POLLPRI. */
enum cgroup_fs_state cgroup_fs_look(int events);

/* Calls `each` with every process, in no particular order. */
void cgroup_fs_each(int directory, void (*each)(void *arg, pid_t pid), void *arg);

/* The number of processes, 0 if it cannot be read. */
unsigned cgroup_fs_count(int directory);

/* Stops all of it where it is, and what is forked into it, or lets it go on. False with errno set.
 * It takes a moment: */
bool cgroup_fs_freeze(int directory, bool freeze);
/* True once nothing in it moves. `events` is an open cgroup.events. SIGKILL reaches what is frozen.
 */
bool cgroup_fs_is_frozen(int events);

/* How many of its processes the kernel has killed so far for want of memory; 0 without a memory
 * controller. */
unsigned long cgroup_fs_oom_kills(int directory);

/* SIGKILL to every process, including those that are being forked (cgroup.kill). Where the kernel
 * has no cgroup.kill (before 5.14) or does not let us, each is signalled by itself, and the caller
 * has to repeat it until all are gone: only processes whose cgroup path contains `tree`
 * ("taskyard-" and 32 digits) are, so that no number that was given away is hit. */
void cgroup_fs_kill(int directory, const char *tree);

/* Kills until nothing is left; blocks for `limit_ms` at most. True if it is empty. *seen gets the
 * number of processes there were. */
bool cgroup_fs_bury(int directory, const char *tree, unsigned limit_ms, unsigned *seen);

/* The same without a kill. */
bool cgroup_fs_wait_empty(int directory, unsigned limit_ms);

/* Moves the calling process into it. False with errno set. */
bool cgroup_fs_enter(int directory);

/* Removes the directory `name` of `parent` with those below it, which must be empty of processes.
 * False with errno set (EBUSY: not empty). */
bool cgroup_fs_remove(int parent, const char *name);

#endif
