/* SPDX-License-Identifier: MIT */
/* Keeps empty work directories for the next attempt; removes the others on the offload thread. */
#include "supervisor/workdir.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/offload.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_DIRECTORIES 16
#define WORK_DIR_MODE 0700

struct workdirs {
    struct app *app;
    char **spare; /* paths */
    size_t spare_count;
    size_t spare_room;
    unsigned last_number;
};

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

/* Takes the path over: at the end of the service nobody is told that it is done. */
static void remove_work(void *arg)
{
    remove_tree(arg);
    free(arg);
}

struct workdirs *workdirs_new(struct app *app)
{
    struct workdirs *workdirs = xcalloc(1, sizeof(*workdirs));

    workdirs->app = app;
    return workdirs;
}

void workdirs_clear(struct workdirs *workdirs)
{
    for (size_t i = 0; i < workdirs->spare_count; i++) {
        rmdir(workdirs->spare[i]);
        free(workdirs->spare[i]);
    }
    workdirs->spare_count = 0;
}

void workdirs_free(struct workdirs *workdirs)
{
    if (workdirs == NULL)
        return;
    workdirs_clear(workdirs);
    free(workdirs->spare);
    free(workdirs);
}

unsigned workdirs_last_number(const struct workdirs *workdirs)
{
    return workdirs->last_number;
}

void workdirs_set_last_number(struct workdirs *workdirs, unsigned number)
{
    workdirs->last_number = number;
}

char *workdir_take(struct workdirs *workdirs)
{
    if (workdirs->spare_count > 0)
        return workdirs->spare[--workdirs->spare_count];
    return xasprintf("%s/work/%u", workdirs->app->config->state_dir, ++workdirs->last_number);
}

static void keep(struct workdirs *workdirs, const char *path)
{
    if (workdirs->spare_count == workdirs->spare_room) {
        workdirs->spare_room = workdirs->spare_room * 2 + 16;
        workdirs->spare = xrealloc(workdirs->spare, workdirs->spare_room, sizeof(char *));
    }
    workdirs->spare[workdirs->spare_count++] = xstrdup(path);
}

/* Checked on the open directory: a task may have put anything else under the name. */
static bool is_as_it_was(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;
    bool good;

    if (directory < 0)
        return false;
    good = fstat(directory, &info) == 0 && info.st_uid == geteuid() &&
           (info.st_mode & 07777) == WORK_DIR_MODE && fd_is_empty_directory(directory);
    close(directory);
    return good;
}

void workdir_give_back(struct workdirs *workdirs, const char *path)
{
    if (is_as_it_was(path))
        keep(workdirs, path);
    else if (access(path, F_OK) == 0 || errno != ENOENT)
        offload_run(workdirs->app->task_files, remove_work, NULL, xstrdup(path));
}

void workdir_remove_all(const char *state_dir)
{
    char *path = xasprintf("%s/work", state_dir);

    remove_tree(path);
    if (mkdir(path, 0711) != 0 && errno != EEXIST)
        fatal("cannot make the directory %s: %s", path, strerror(errno));
    chmod(path, 0711); /* whatever our umask is: tasks of other accounts pass through */
    free(path);
}
