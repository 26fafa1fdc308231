/* SPDX-License-Identifier: MIT */
/* What cgroup.c (the tree) and cgroup_leaf.c (the leaves) share. */
#ifndef SUPERVISOR_CGROUP_INTERNAL_H
#define SUPERVISOR_CGROUP_INTERNAL_H

#include "common/cgroup_fs.h"
#include "supervisor/cgroup.h"

struct cgroup {
    struct app *app;
    cgroup_emptied_fn emptied;
    char *base;          /* the directory that was there before us */
    char *attempts_path; /* BASE/taskyard-.../attempts */
    char name[CGROUP_FS_TREE_LENGTH + 1];
    int base_fd;
    int attempts;
    struct cgroup_leaf *spare;
    void *leaves; /* all of them, by number (tsearch(3)) */
    unsigned last_number;
    int changes;           /* an epoll(7) of the cgroup.events that are watched: */
    struct event *changed; /* libevent has no word for EPOLLPRI */
};

/* False with errno set, both. */
bool cgroup_open_directory(int parent, const char *name, int *fd);
/* Makes and opens it. */
bool cgroup_make_directory(int parent, const char *name, int *fd);
/* Removes the leaves that no attempt uses. */
void cgroup_remove_spare(struct cgroup *cgroup);
/* Begins to listen to the ends of leaves. False with errno set. */
bool cgroup_watch_begin(struct cgroup *cgroup);
/* Removes the spare leaves and stops listening. */
void cgroup_watch_end(struct cgroup *cgroup);

#endif
