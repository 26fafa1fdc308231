/* SPDX-License-Identifier: MIT */
/* What is on disk beside the database. Written with a temporary name and rename(2), so that a crash
 * leaves old or new. */
#include "supervisor/state_dir.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/tree.h"
#include "supervisor/workdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_directory(const char *state_dir, const char *name, mode_t mode)
{
    char *path = xasprintf("%s/%s", state_dir, name);

    if (mkdir(path, mode) != 0 && errno != EEXIST)
        fatal("cannot make the directory %s: %s", path, strerror(errno));
    free(path);
}

void state_dir_prepare(const char *state_dir)
{
    if (mkdir(state_dir, 0750) != 0 && errno != EEXIST)
        fatal("cannot make the state directory %s: %s", state_dir, strerror(errno));
    make_directory(state_dir, "files", 0750);
}

static void refuse_second(const char *path, int fd)
{
    char holder[32] = "";

    if (read(fd, holder, sizeof(holder) - 1) <= 0)
        strcpy(holder, "?");
    holder[strcspn(holder, "\n")] = '\0';
    fatal("another supervisor (pid %s) holds %s; stop it first, or give this one a state_dir of "
          "its own",
          holder, path);
}

int state_dir_lock(const char *state_dir)
{
    char *path = xasprintf("%s/lock", state_dir), pid[32];
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

    if (fd < 0)
        fatal("cannot open %s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        refuse_second(path, fd);
    snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || !fd_write_all(fd, pid, strlen(pid)))
        fatal("cannot write %s: %s", path, strerror(errno));
    free(path);
    return fd;
}

static void write_incarnation(const char *path, const char *mark_prefix)
{
    char *temporary = xasprintf("%s.new", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

    if (fd < 0 || !fd_write_all(fd, mark_prefix, strlen(mark_prefix)) || fsync(fd) != 0 ||
        rename(temporary, path) != 0)
        fatal("cannot write %s: %s", path, strerror(errno));
    close(fd);
    free(temporary);
}

void state_dir_succeed(const char *state_dir, const char *mark_prefix)
{
    char *path = xasprintf("%s/incarnation", state_dir), *last;
    size_t size;

    last = fd_read_file(path, 32, &size);
    if (last != NULL && size == 32)
        tree_sweep_incarnation(last);
    else if (last == NULL && errno != ENOENT)
        fatal("cannot read %s: %s", path, strerror(errno));
    write_incarnation(path, mark_prefix);
    workdir_remove_all(state_dir);
    free(last);
    free(path);
}
