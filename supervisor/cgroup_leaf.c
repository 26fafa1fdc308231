/* SPDX-License-Identifier: MIT */
/* The leaves of the tree, one for each attempt that runs, and the spare ones for the next. */
#include "common/fd_util.h"
#include "common/json_util.h"
#include "common/log.h"
#include "common/proc_scan.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/cgroup_internal.h"
#include "supervisor/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define CHANGES_MAX 64
#define LINKS_WITHOUT_CHILDREN 2

struct cgroup_leaf {
    struct cgroup *cgroup;
    unsigned number; /* its name; never given twice */
    uint64_t run;    /* 0 while it is spare */
    int directory;
    int events; /* its cgroup.events */
    bool watched;
    bool killed;                /* by cgroup.kill */
    unsigned long oom_before;   /* what its memory.events had counted for earlier attempts */
    enum cgroup_fs_state state; /* when it was looked at last */
    struct cgroup_leaf *next;   /* of the spare ones */
};

static int compare_number(const void *a, const void *b)
{
    unsigned left = ((const struct cgroup_leaf *)a)->number,
             right = ((const struct cgroup_leaf *)b)->number;

    return (left > right) - (left < right);
}

bool cgroup_open_directory(int parent, const char *name, int *fd)
{
    *fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *fd >= 0;
}

bool cgroup_make_directory(int parent, const char *name, int *fd)
{
    return mkdirat(parent, name, 0755) == 0 && cgroup_open_directory(parent, name, fd);
}

static void leaf_free(struct cgroup_leaf *leaf)
{
    char name[16];

    snprintf(name, sizeof(name), "%u", leaf->number);
    tdelete(leaf, &leaf->cgroup->leaves, compare_number);
    close(leaf->events);
    close(leaf->directory);
    if (!cgroup_fs_remove(leaf->cgroup->attempts, name))
        log_warn("the cgroup %s/%s cannot be removed: %s", leaf->cgroup->attempts_path, name,
                 strerror(errno));
    free(leaf);
}

/* Opens its files; `make`: the directory is new. False with errno set. */
static bool leaf_open(struct cgroup_leaf *leaf, const char *name, bool make)
{
    struct cgroup *cgroup = leaf->cgroup;

    if (make ? !cgroup_make_directory(cgroup->attempts, name, &leaf->directory)
             : !cgroup_open_directory(cgroup->attempts, name, &leaf->directory))
        return false;
    leaf->events = openat(leaf->directory, "cgroup.events", O_RDONLY | O_CLOEXEC);
    return leaf->events >= 0 && tsearch(leaf, &cgroup->leaves, compare_number) != NULL;
}

/* NULL with errno set. */
static struct cgroup_leaf *leaf_new(struct cgroup *cgroup, unsigned number, bool make)
{
    struct cgroup_leaf *leaf = xcalloc(1, sizeof(*leaf));
    char name[16];
    int saved_errno;

    leaf->cgroup = cgroup;
    leaf->number = number;
    leaf->directory = leaf->events = -1;
    snprintf(name, sizeof(name), "%u", leaf->number);
    if (leaf_open(leaf, name, make))
        return leaf;
    saved_errno = errno;
    fd_close(&leaf->directory);
    fd_close(&leaf->events);
    if (make)
        unlinkat(cgroup->attempts, name, AT_REMOVEDIR);
    free(leaf);
    errno = saved_errno;
    return NULL;
}

struct cgroup_leaf *cgroup_leaf_take(struct cgroup *cgroup, uint64_t run)
{
    struct cgroup_leaf *leaf = cgroup->spare;

    if (leaf != NULL)
        cgroup->spare = leaf->next;
    else
        leaf = leaf_new(cgroup, ++cgroup->last_number, true);
    if (leaf == NULL)
        return NULL;
    leaf->run = run;
    leaf->oom_before = cgroup_fs_oom_kills(leaf->directory);
    return leaf;
}

/* A task under our own account may have frozen its group, or made others below it. And Linux since
 * 6.14 kills whatever is cloned into a group that has once been killed, because it compares the
 * number of its kills with that of the group the parent lives in (cgroup_css_set_fork()). */
static bool is_as_it_was(const struct cgroup_leaf *leaf)
{
    struct stat info;

    return !leaf->killed && leaf->state == CGROUP_FS_EMPTY && fstat(leaf->directory, &info) == 0 &&
           info.st_nlink == LINKS_WITHOUT_CHILDREN;
}

void cgroup_leaf_give_back(struct cgroup_leaf *leaf, bool fit)
{
    struct cgroup *cgroup = leaf->cgroup;

    if (leaf->watched)
        epoll_ctl(cgroup->changes, EPOLL_CTL_DEL, leaf->events, NULL);
    leaf->watched = false;
    leaf->run = 0;
    if (fit && is_as_it_was(leaf)) {
        leaf->next = cgroup->spare;
        cgroup->spare = leaf;
    } else {
        leaf_free(leaf);
    }
}

int cgroup_leaf_fd(const struct cgroup_leaf *leaf)
{
    return leaf->directory;
}

bool cgroup_leaf_is_empty(struct cgroup_leaf *leaf)
{
    leaf->state = cgroup_fs_look(leaf->events);
    return leaf->state != CGROUP_FS_POPULATED;
}

void cgroup_leaf_each(const struct cgroup_leaf *leaf, void (*each)(void *arg, pid_t pid), void *arg)
{
    cgroup_fs_each(leaf->directory, each, arg);
}

bool cgroup_leaf_freeze(struct cgroup_leaf *leaf, bool freeze)
{
    return cgroup_fs_freeze(leaf->directory, freeze);
}

bool cgroup_leaf_is_frozen(const struct cgroup_leaf *leaf)
{
    return cgroup_fs_is_frozen(leaf->events);
}

unsigned long cgroup_leaf_oom_kills(const struct cgroup_leaf *leaf)
{
    unsigned long now = cgroup_fs_oom_kills(leaf->directory);

    return now > leaf->oom_before ? now - leaf->oom_before : 0;
}

unsigned cgroup_leaf_kill(struct cgroup_leaf *leaf)
{
    unsigned count = cgroup_fs_count(leaf->directory);

    cgroup_fs_kill(leaf->directory, leaf->cgroup->name);
    leaf->killed = true;
    return count;
}

json_object *cgroup_leaf_hand_over(const struct cgroup_leaf *leaf)
{
    json_object *object = json_object_new_object();

    json_add_int(object, "number", leaf->number);
    json_add_int(object, "oom_before", (int64_t)leaf->oom_before);
    json_add_bool(object, "killed", leaf->killed);
    return object;
}

struct cgroup_leaf *cgroup_leaf_take_over(struct cgroup *cgroup, json_object *object, uint64_t run)
{
    int64_t number, oom_before;
    bool killed;
    struct cgroup_leaf *leaf;

    if (cgroup == NULL || json_get_int(object, "number", 1, UINT_MAX, &number) != JSON_OK ||
        json_get_int(object, "oom_before", 0, INT64_MAX, &oom_before) != JSON_OK ||
        json_get_bool(object, "killed", &killed) != JSON_OK)
        return NULL;
    leaf = leaf_new(cgroup, (unsigned)number, false);
    if (leaf == NULL)
        return NULL;
    leaf->run = run;
    leaf->oom_before = (unsigned long)oom_before;
    leaf->killed = killed;
    return leaf;
}

/* The number in ".../taskyard-<incarnation>/attempts/<n>" or below it. */
static unsigned leaf_number(const struct cgroup *cgroup, const char *path)
{
    static const char middle[] = "/attempts/";
    const char *tree = strstr(path, cgroup->name);

    if (tree == NULL || strncmp(tree + CGROUP_FS_TREE_LENGTH, middle, sizeof(middle) - 1) != 0)
        return 0;
    return (unsigned)strtoul(tree + CGROUP_FS_TREE_LENGTH + sizeof(middle) - 1, NULL, 10);
}

uint64_t cgroup_owner(const struct cgroup *cgroup, pid_t pid)
{
    struct cgroup_leaf key;
    char path[PATH_SIZE];
    void *node;

    if (cgroup == NULL || !proc_scan_cgroup(pid, path, sizeof(path)))
        return 0;
    key.number = leaf_number(cgroup, path);
    node = tfind(&key, &cgroup->leaves, compare_number);
    return node != NULL ? (*(struct cgroup_leaf **)node)->run : 0;
}

/* ---- the moment when one is empty ---- */

/* ---- changes ---- */

static void changed_cb(evutil_socket_t fd, short what, void *arg)
{
    struct cgroup *cgroup = arg;
    struct epoll_event changes[CHANGES_MAX];
    int count = epoll_wait(fd, changes, CHANGES_MAX, 0);

    (void)what;
    for (int i = 0; i < count; i++) {
        struct cgroup_leaf *leaf = changes[i].data.ptr;
        epoll_ctl(fd, EPOLL_CTL_DEL, leaf->events, NULL);
        leaf->watched = false;
    }
    if (count > 0)
        cgroup->emptied(cgroup->app);
}

void cgroup_leaf_watch(struct cgroup_leaf *leaf)
{
    struct epoll_event change = {.events = EPOLLPRI, .data.ptr = leaf};

    if (leaf->watched)
        return;
    leaf->watched = epoll_ctl(leaf->cgroup->changes, EPOLL_CTL_ADD, leaf->events, &change) == 0;
    if (!leaf->watched) /* the housekeeping looks once a second */
        log_warn("the end of an attempt's cgroup cannot be watched: %s", strerror(errno));
}

bool cgroup_watch_begin(struct cgroup *cgroup)
{
    cgroup->changes = epoll_create1(EPOLL_CLOEXEC);
    if (cgroup->changes < 0)
        return false;
    cgroup->changed = loop_urgent_new(cgroup->app->base, cgroup->changes, EV_READ | EV_PERSIST,
                                      changed_cb, cgroup);
    event_add(cgroup->changed, NULL);
    return true;
}

void cgroup_remove_spare(struct cgroup *cgroup)
{
    while (cgroup->spare != NULL) {
        struct cgroup_leaf *next = cgroup->spare->next;
        leaf_free(cgroup->spare);
        cgroup->spare = next;
    }
}

void cgroup_watch_end(struct cgroup *cgroup)
{
    cgroup_remove_spare(cgroup);
    event_free(cgroup->changed);
    close(cgroup->changes);
}
