/* SPDX-License-Identifier: MIT */
/* The files of a cgroup directory (the kernel's Documentation/admin-guide/cgroup-v2.rst). A task
 * under our own account may change modes and make groups of its own in its directory, so nothing
 * here trusts a file to be readable. */
#include "common/cgroup_fs.h"
#include "common/proc_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define DEPTH_MAX 64
#define KILL_AGAIN_MS 20 /* for kernels without cgroup.kill, where a fork may have been missed */

enum cgroup_fs_state cgroup_fs_parse_events(const char *text)
{
    bool known = false, populated = false, frozen = false;
    const char *line = text;

    while (line != NULL && *line != '\0') {
        known = known || strncmp(line, "populated ", 10) == 0;
        if (strncmp(line, "populated 1", 11) == 0)
            populated = true;
        else if (strncmp(line, "frozen 1", 8) == 0)
            frozen = true;
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    if (populated)
        return CGROUP_FS_POPULATED;
    return frozen || !known ? CGROUP_FS_ODD : CGROUP_FS_EMPTY;
}

int cgroup_fs_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct statfs info;

    if (fd >= 0 && (fstatfs(fd, &info) != 0 || info.f_type != CGROUP2_SUPER_MAGIC)) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

enum cgroup_fs_state cgroup_fs_look(int events)
{
    char text[EVENTS_MAX];
    ssize_t size = pread(events, text, sizeof(text) - 1, 0);

    if (size < 0)
        return CGROUP_FS_ODD; /* ENODEV: removed, which only an empty one can be */
    text[size] = '\0';
    return cgroup_fs_parse_events(text);
}

/* A task under our own account may have taken our rights to its directory away; ours to give back.
 */
static int open_file(int directory, const char *name, int flags)
{
    int fd = openat(directory, name, flags | O_CLOEXEC);

    if (fd >= 0 || errno != EACCES || fchmod(directory, 0755) != 0 ||
        fchmodat(directory, name, 0644, 0) != 0)
        return fd;
    return openat(directory, name, flags | O_CLOEXEC);
}

/* Calls `each` with every process of the group itself; threads of one process count once. */
static void each_process(int directory, void (*each)(void *arg, pid_t pid), void *arg)
{
    int fd = open_file(directory, "cgroup.procs", O_RDONLY);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    int pid;

    if (file == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while (fscanf(file, "%d", &pid) == 1)
        if (pid > 0) /* 0: outside our PID namespace */
            each(arg, (pid_t)pid);
    fclose(file);
}

/* Calls `each` with the group and every group below it, the lowest first. */
static void each_group(int directory, unsigned depth, void (*each)(void *arg, int directory),
                       void *arg)
{
    int fd = depth < DEPTH_MAX ? openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;

    if (list == NULL && fd >= 0)
        close(fd);
    while (list != NULL && (entry = readdir(list)) != NULL) {
        int below;
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        below = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below < 0)
            continue;
        each_group(below, depth + 1, each, arg);
        close(below);
    }
    if (list != NULL)
        closedir(list);
    each(arg, directory);
}

struct visit {
    void (*each)(void *arg, pid_t pid);
    void *arg;
};

static void visit_group(void *arg, int directory)
{
    const struct visit *visit = arg;

    each_process(directory, visit->each, visit->arg);
}

void cgroup_fs_each(int directory, void (*each)(void *arg, pid_t pid), void *arg)
{
    struct visit visit = {each, arg};

    each_group(directory, 0, visit_group, &visit);
}

static void count_one(void *arg, pid_t pid)
{
    unsigned *count = arg;

    (void)pid;
    (*count)++;
}

unsigned cgroup_fs_count(int directory)
{
    unsigned count = 0;

    cgroup_fs_each(directory, count_one, &count);
    return count;
}

bool cgroup_fs_freeze(int directory, bool freeze)
{
    int fd = open_file(directory, "cgroup.freeze", O_WRONLY), saved_errno;
    bool written = fd >= 0 && write(fd, freeze ? "1" : "0", 1) == 1;

    saved_errno = errno;
    if (fd >= 0)
        close(fd);
    errno = saved_errno;
    return written;
}

/* The whole of a small file of the kernel's, "" if it cannot be read. */
static void read_text(int fd, char *text, size_t size)
{
    ssize_t got = fd >= 0 ? pread(fd, text, size - 1, 0) : -1;

    text[got > 0 ? got : 0] = '\0';
}

bool cgroup_fs_is_frozen(int events)
{
    char text[EVENTS_MAX];

    read_text(events, text, sizeof(text));
    return strstr(text, "frozen 1") != NULL;
}

unsigned long cgroup_fs_oom_kills(int directory)
{
    char text[EVENTS_MAX];
    int fd = openat(directory, "memory.events", O_RDONLY | O_CLOEXEC);
    const char *line;

    read_text(fd, text, sizeof(text));
    if (fd >= 0)
        close(fd);
    line = strstr(text, "oom_kill ");
    return line != NULL ? strtoul(line + strlen("oom_kill "), NULL, 10) : 0;
}

static void kill_one(void *arg, pid_t pid)
{
    proc_scan_signal_in_cgroup(pid, arg, SIGKILL);
}

static void kill_group(void *arg, int directory)
{
    each_process(directory, kill_one, arg);
}

void cgroup_fs_kill(int directory, const char *tree)
{
    int fd = open_file(directory, "cgroup.kill", O_WRONLY);
    bool killed = fd >= 0 && write(fd, "1", 1) == 1;

    if (fd >= 0)
        close(fd);
    if (!killed)
        each_group(directory, 0, kill_group, (void *)(uintptr_t)tree);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool cgroup_fs_bury(int directory, const char *tree, unsigned limit_ms, unsigned *seen)
{
    int events = open_file(directory, "cgroup.events", O_RDONLY);
    int64_t end = now_ms() + limit_ms;
    bool empty;

    *seen = 0;
    if (events < 0)
        return false;
    while (!(empty = cgroup_fs_look(events) != CGROUP_FS_POPULATED) && now_ms() < end) {
        struct pollfd change = {.fd = events, .events = POLLPRI};
        unsigned now = cgroup_fs_count(directory);

        *seen = now > *seen ? now : *seen;
        cgroup_fs_kill(directory, tree);
        poll(&change, 1, KILL_AGAIN_MS);
    }
    close(events);
    return empty;
}

bool cgroup_fs_wait_empty(int directory, unsigned limit_ms)
{
    int events = open_file(directory, "cgroup.events", O_RDONLY);
    struct pollfd change = {.fd = events, .events = POLLPRI};
    int64_t end = now_ms() + limit_ms;
    bool empty = false;

    while (events >= 0 && !(empty = cgroup_fs_look(events) != CGROUP_FS_POPULATED)) {
        int64_t left = end - now_ms();
        if (left <= 0)
            break;
        poll(&change, 1, (int)left);
    }
    if (events >= 0)
        close(events);
    return empty;
}

bool cgroup_fs_enter(int directory)
{
    int fd = openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC), saved_errno;
    bool entered = fd >= 0 && write(fd, "0", 1) == 1;

    saved_errno = errno;
    if (fd >= 0)
        close(fd);
    errno = saved_errno;
    return entered;
}

static void remove_below(void *arg, int directory)
{
    DIR *list = NULL;
    const struct dirent *entry;
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)arg;
    if (fd >= 0 && (list = fdopendir(fd)) == NULL)
        close(fd);
    while (list != NULL && (entry = readdir(list)) != NULL)
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            unlinkat(directory, entry->d_name, AT_REMOVEDIR);
    if (list != NULL)
        closedir(list);
}

bool cgroup_fs_remove(int parent, const char *name)
{
    int fd;

    if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
        return true;
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    each_group(fd, 0, remove_below, NULL);
    close(fd);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0;
}
