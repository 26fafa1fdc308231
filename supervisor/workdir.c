/* SPDX-License-Identifier: MIT */
/* Removes work directories: at once where they are empty, on the offload thread where they are not.
 */
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/artifact.h"
#include "supervisor/offload.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_DIRECTORIES 16

static int open_up_cb(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)walk;
    if (kind == FTW_D || kind == FTW_DNR)
        chmod(path, 0700); /* a task may have locked itself out of its own directory */
    return 0;
}

static int remove_cb(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    nftw(path, open_up_cb, OPEN_DIRECTORIES, FTW_PHYS | FTW_MOUNT);
    nftw(path, remove_cb, OPEN_DIRECTORIES, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
    if (access(path, F_OK) == 0)
        log_warn("the work directory %s could not be removed whole", path);
}

static void remove_work(void *arg)
{
    remove_tree(arg);
}

void workdir_remove(struct app *app, const char *path)
{
    if (rmdir(path) == 0 || errno == ENOENT)
        return;
    offload_run(app->offload, remove_work, free, xstrdup(path));
}

void workdir_remove_all(const char *state_dir)
{
    char *path = xasprintf("%s/work", state_dir);

    remove_tree(path);
    if (mkdir(path, 0711) != 0 && errno != EEXIST)
        fatal("cannot make the directory %s: %s", path, strerror(errno));
    free(path);
}
