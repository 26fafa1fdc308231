/* SPDX-License-Identifier: MIT */
/* Where the process's own cgroup (version 2) lies in the file system. Pure but for
 * cgroup_find_own(). */
#ifndef SUPERVISOR_CGROUP_FIND_H
#define SUPERVISOR_CGROUP_FIND_H

#include <stdbool.h>

/* The path in the line "0::PATH" of a /proc/PID/cgroup file: fresh text, NULL if there is none or
 * the group has been removed. */
char *cgroup_find_path(const char *proc_cgroup);

/* The directory of the cgroup `path` through the mounts of a /proc/PID/mountinfo file: fresh text,
 * NULL if no cgroup2 mount shows it. */
char *cgroup_find_directory(const char *mountinfo, const char *path);

/* The directory of our own cgroup: fresh text; NULL with a reason (static text) in *why. */
char *cgroup_find_own(const char **why);

/* True if the path leads through the directory of this name. */
bool cgroup_find_leads_through(const char *path, const char *name);

#endif
