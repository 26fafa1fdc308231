/* SPDX-License-Identifier: MIT */
/* The tree of this incarnation: where it lies, how it is made and removed. */
#include "supervisor/cgroup.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/cgroup_find.h"
#include "supervisor/cgroup_internal.h"
#include "supervisor/config.h"
#include "supervisor/handover.h"
#include "supervisor/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAVE_LIMIT_MS 1000 /* for a template that has been told to leave */

/* ---- where ---- */

static bool may_write(const char *directory, const char *name)
{
    char *path = xasprintf("%s/%s", directory, name);
    bool may = faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;

    free(path);
    return may;
}

static bool has_file(const char *directory, const char *name)
{
    char *path = xasprintf("%s/%s", directory, name);
    bool has = access(path, F_OK) == 0;

    free(path);
    return has;
}

/* Only a directory that somebody has handed over to us. */
static char *find_base(const char **why)
{
    char *own = cgroup_find_own(why);

    if (own == NULL)
        return NULL;
    if (!has_file(own, "cgroup.events"))
        *why = "our own cgroup is the root of all, which belongs to the machine";
    else if (!may_write(own, ".") || !may_write(own, "cgroup.procs"))
        *why = "our own cgroup is not ours to write to; systemd's Delegate=yes would make it so";
    else
        return own;
    free(own);
    return NULL;
}

/* ---- the tree ---- */

/* False with errno set; what has been made is left to discard(). */
static bool make_tree(struct cgroup *cgroup)
{
    int tree = -1, supervisor = -1, saved_errno;
    bool made;

    cgroup->base_fd = cgroup_fs_open(cgroup->base);
    made = cgroup->base_fd >= 0 && cgroup_make_directory(cgroup->base_fd, cgroup->name, &tree) &&
           cgroup_make_directory(tree, "attempts", &cgroup->attempts) &&
           cgroup_make_directory(tree, "supervisor", &supervisor) && cgroup_fs_enter(supervisor);
    saved_errno = errno;
    fd_close(&tree);
    fd_close(&supervisor);
    errno = saved_errno;
    return made;
}

static void discard(struct cgroup *cgroup)
{
    fd_close(&cgroup->base_fd);
    fd_close(&cgroup->attempts);
    free(cgroup->base);
    free(cgroup->attempts_path);
    free(cgroup);
}

/* Takes `base` over. */
static struct cgroup *cgroup_alloc(struct app *app, char *base)
{
    struct cgroup *cgroup = xcalloc(1, sizeof(*cgroup));

    cgroup->app = app;
    cgroup->base = base;
    cgroup->base_fd = cgroup->attempts = -1;
    snprintf(cgroup->name, sizeof(cgroup->name), CGROUP_FS_TREE "%s", app->mark_prefix);
    cgroup->attempts_path = xasprintf("%s/%s/attempts", base, cgroup->name);
    return cgroup;
}

/* Takes `base` over. NULL with errno set. */
static struct cgroup *cgroup_open(struct app *app, char *base)
{
    struct cgroup *cgroup = cgroup_alloc(app, base);
    char *tree = xasprintf("%s/%s", base, cgroup->name);
    int saved_errno;

    state_dir_note_cgroup(app->config->state_dir, tree); /* before there is anything to clean up */
    free(tree);
    if (make_tree(cgroup) && cgroup_watch_begin(cgroup))
        return cgroup;
    saved_errno = errno;
    if (cgroup->base_fd >= 0)
        cgroup_fs_remove(cgroup->base_fd, cgroup->name);
    state_dir_note_cgroup(app->config->state_dir, NULL);
    discard(cgroup);
    errno = saved_errno;
    return NULL;
}

/* The tree that the program before us has made and lived in, as we do. */
static struct cgroup *take_over(struct app *app, cgroup_emptied_fn emptied)
{
    struct cgroup *cgroup = cgroup_alloc(app, xstrdup(app->handover->cgroup_base));

    cgroup->base_fd = cgroup_fs_open(cgroup->base);
    cgroup->attempts = cgroup_fs_open(cgroup->attempts_path);
    if (cgroup->base_fd < 0 || cgroup->attempts < 0 || !cgroup_watch_begin(cgroup))
        fatal("cannot go on with %s: %s", cgroup->attempts_path, strerror(errno));
    cgroup->last_number = app->handover->last_leaf;
    cgroup->emptied = emptied;
    return cgroup;
}

struct cgroup *cgroup_new(struct app *app, cgroup_emptied_fn emptied)
{
    const char *wish = app->config->cgroup, *why = "cgroup = off";
    struct cgroup *cgroup = NULL;
    char *base = NULL;

    if (app->handover != NULL) /* as it was begun, whatever the configuration says now */
        return app->handover->cgroup_base != NULL ? take_over(app, emptied) : NULL;
    if (wish[0] == '/')
        base = xstrdup(wish);
    else if (strcmp(wish, "auto") == 0)
        base = find_base(&why);
    if (base != NULL && (cgroup = cgroup_open(app, base)) == NULL) {
        why = strerror(errno);
        if (wish[0] == '/')
            fatal("cgroup = %s cannot be used: %s; it must be a directory of cgroup version 2 that "
                  "this account may write to, and we be started in it or below",
                  wish, why);
    }
    if (cgroup == NULL) {
        log_info("containment: session (%s)", why);
        return NULL;
    }
    cgroup->emptied = emptied;
    log_info("containment: cgroup, %s", cgroup->attempts_path);
    return cgroup;
}

const char *cgroup_hand_over(struct cgroup *cgroup, unsigned *last_leaf)
{
    cgroup_remove_spare(cgroup);
    *last_leaf = cgroup->last_number;
    return cgroup->base;
}

const char *cgroup_containment(const struct cgroup *cgroup)
{
    return cgroup != NULL ? "cgroup" : "session";
}

const char *cgroup_attempts_path(const struct cgroup *cgroup)
{
    return cgroup != NULL ? cgroup->attempts_path : NULL;
}

/* A process cannot remove the directory it lives in. */
static bool leave(const struct cgroup *cgroup)
{
    char *path = xasprintf("%s/%s/supervisor", cgroup->base, cgroup->name);
    int supervisor = cgroup_fs_open(path);
    bool left = supervisor >= 0 && cgroup_fs_enter(cgroup->base_fd) &&
                cgroup_fs_wait_empty(supervisor, LEAVE_LIMIT_MS);

    fd_close(&supervisor);
    free(path);
    return left && cgroup_fs_remove(cgroup->base_fd, cgroup->name);
}

void cgroup_free(struct cgroup *cgroup)
{
    if (cgroup == NULL)
        return;
    cgroup_watch_end(cgroup);
    if (leave(cgroup))
        state_dir_note_cgroup(cgroup->app->config->state_dir, NULL);
    else /* its name stays noted */
        log_warn("the cgroup %s/%s is left to the next start", cgroup->base, cgroup->name);
    discard(cgroup);
}
