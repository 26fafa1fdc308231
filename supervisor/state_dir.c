/* SPDX-License-Identifier: MIT */
/* What is on disk beside the database. Written with a temporary name and rename(2), so that a crash
 * leaves old or new. */
#include "supervisor/state_dir.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/cgroup.h"
#include "supervisor/tree.h"
#include "supervisor/workdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
    make_directory(state_dir, "outbox", 0700);
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
    /* Over what is there: a full disk has no other block for it. */
    if (!fd_write_all(fd, pid, strlen(pid)) || ftruncate(fd, (off_t)strlen(pid)) != 0)
        fatal("cannot write %s: %s", path, strerror(errno));
    free(path);
    return fd;
}

static bool write_synced(const char *path, int flags, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0640), error;
    bool good = fd >= 0 && fd_write_all(fd, text, strlen(text)) && fsync(fd) == 0;

    error = errno;
    fd_close(&fd);
    errno = error;
    return good;
}

/* A disk without room for another file still takes new bytes over the old ones, all of one length.
 */
static bool try_note(const char *path, const char *text)
{
    char *temporary = xasprintf("%s.new", path);
    bool good = write_synced(temporary, O_CREAT | O_TRUNC, text) && rename(temporary, path) == 0;

    if (!good && errno == ENOSPC) {
        unlink(temporary);
        good = write_synced(path, 0, text);
    }
    free(temporary);
    return good;
}

static void write_note(const char *path, const char *text)
{
    if (!try_note(path, text))
        fatal("cannot write %s: %s", path, strerror(errno));
}

void state_dir_id(const char *state_dir, char id[ID_SIZE])
{
    char *path = xasprintf("%s/id", state_dir), *text;
    size_t size;

    text = fd_read_file(path, ID_SIZE, &size);
    if (text != NULL && id_is_valid(text))
        strcpy(id, text);
    else
        id_new(id);
    if ((text == NULL || strcmp(text, id) != 0) && !try_note(path, id)) {
        log_warn("cannot write %s: %s", path, strerror(errno));
        id[0] = '\0';
    }
    free(text);
    free(path);
}

void state_dir_note_cgroup(const char *state_dir, const char *tree)
{
    char *path = xasprintf("%s/cgroup", state_dir);

    if (tree != NULL)
        write_note(path, tree);
    else
        unlink(path);
    free(path);
}

/* First, since it finds what no mark can: a process with an empty environment. */
static void bury_cgroup(const char *state_dir)
{
    char *path = xasprintf("%s/cgroup", state_dir);
    size_t size;
    char *tree = fd_read_file(path, PATH_MAX, &size);

    if (tree != NULL)
        cgroup_bury(tree);
    else if (errno != ENOENT)
        fatal("cannot read %s: %s", path, strerror(errno));
    free(tree);
    free(path);
    state_dir_note_cgroup(state_dir, NULL);
}

/* Files that a crash cut short never got their names (file_store.c). */
static void remove_halves(const char *state_dir)
{
    char *path = xasprintf("%s/files", state_dir);
    DIR *files = opendir(path);

    if (files == NULL)
        fatal("cannot read %s: %s", path, strerror(errno));
    for (const struct dirent *file; (file = readdir(files)) != NULL;) {
        size_t length = strlen(file->d_name);

        if (length > 4 && strcmp(file->d_name + length - 4, ".new") == 0)
            unlinkat(dirfd(files), file->d_name, 0);
    }
    closedir(files);
    free(path);
}

/* As the database has it: a UUID's text. The note has its digits alone. */
static void tell_last(const char *digits, char last_incarnation[ID_SIZE])
{
    snprintf(last_incarnation, ID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8,
             digits + 12, digits + 16, digits + 20);
}

void state_dir_succeed(const char *state_dir, const char *mark_prefix,
                       char last_incarnation[ID_SIZE])
{
    char *path = xasprintf("%s/incarnation", state_dir), *last;
    size_t size;

    bury_cgroup(state_dir);
    last = fd_read_file(path, 32, &size);
    last_incarnation[0] = '\0';
    if (last != NULL && size == 32) {
        tree_sweep_incarnation(last);
        tell_last(last, last_incarnation);
    } else if (last == NULL && errno != ENOENT) {
        fatal("cannot read %s: %s", path, strerror(errno));
    }
    workdir_remove_all(state_dir); /* on a full disk this makes the room for the note */
    remove_halves(state_dir);
    write_note(path, mark_prefix);
    free(last);
    free(path);
}
