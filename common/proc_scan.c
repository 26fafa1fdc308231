/* SPDX-License-Identifier: MIT */
/* Reading /proc. Everything read there is text of a process that may be hostile: sizes are bounded,
 * names are skipped. */
#include "common/proc_scan.h"
#include "common/xalloc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENVIRON_MAX                                                                                \
    (4 * 1024 *                                                                                    \
     1024) /* the kernel's own limit lies below: a quarter of the stack limit, 6 MiB at most */
#define CGROUP_MAX 8192          /* a line for each hierarchy, a path each */
#define ENVIRON_FIRST (8 * 1024) /* enough for nearly every process */

static pid_t pid_of_name(const char *name)
{
    char *end;
    long number;

    if (!isdigit((unsigned char)name[0]))
        return 0;
    number = strtol(name, &end, 10);
    return *end == '\0' && number > 0 && number <= 0x7fffffff ? (pid_t)number : 0;
}

bool proc_scan_each(proc_scan_fn each, void *arg)
{
    DIR *directory = opendir("/proc");
    const struct dirent *entry;
    pid_t pid;

    if (directory == NULL)
        return false;
    while ((entry = readdir(directory)) != NULL) {
        pid = pid_of_name(entry->d_name);
        if (pid > 0 && !each(arg, pid))
            break;
    }
    closedir(directory);
    return true;
}

static int open_file_of(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Reads up to size bytes; what there is, or -1. */
static ssize_t read_some(int fd, char *data, size_t size)
{
    size_t used = 0;

    while (used < size) {
        ssize_t got = read(fd, data + used, size - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        used += (size_t)got;
    }
    return (ssize_t)used;
}

bool proc_scan_stat(pid_t pid, struct proc_scan_stat *stat)
{
    int fd = open_file_of(pid, "stat"), parent, group, session;
    char line[2048]; /* some 350 bytes in practice */
    const char *rest;
    ssize_t size;

    if (fd < 0)
        return false;
    size = read_some(fd, line, sizeof(line) - 1);
    close(fd);
    if (size <= 0)
        return false;
    line[size] = '\0';
    /* The second field is the program's name in parentheses, which may itself hold any character.
     */
    rest = strrchr(line, ')');
    if (rest == NULL ||
        sscanf(rest + 1,
               " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &stat->state, &parent, &group, &session, &stat->start_ticks) != 5)
        return false;
    stat->pid = pid;
    stat->parent = parent;
    stat->group = group;
    stat->session = session;
    return true;
}

bool proc_scan_find_mark(const char *block, size_t size, char mark[ORDER_MARK_LENGTH + 1])
{
    static const char prefix[] = ORDER_MARK_VARIABLE "=";
    const size_t prefix_length = sizeof(prefix) - 1;
    const char *end = block + size;

    for (const char *entry = block; entry < end;) {
        const char *stop = memchr(entry, '\0', (size_t)(end - entry));
        size_t length = (size_t)((stop != NULL ? stop : end) - entry);

        if (length == prefix_length + ORDER_MARK_LENGTH &&
            memcmp(entry, prefix, prefix_length) == 0) {
            memcpy(mark, entry + prefix_length, ORDER_MARK_LENGTH);
            mark[ORDER_MARK_LENGTH] = '\0';
            return true;
        }
        entry += length + 1;
    }
    return false;
}

bool proc_scan_mark(pid_t pid, char mark[ORDER_MARK_LENGTH + 1])
{
    int fd = open_file_of(pid, "environ");
    char first[ENVIRON_FIRST], *block = first;
    ssize_t size, more;
    bool found = false;

    if (fd < 0)
        return false;
    size = read_some(fd, first, sizeof(first));
    if (size == (ssize_t)sizeof(first)) {
        block = xmalloc(ENVIRON_MAX);
        memcpy(block, first, sizeof(first));
        more = read_some(fd, block + size, (size_t)(ENVIRON_MAX - size));
        size += more > 0 ? more : 0;
    }
    close(fd);
    if (size > 0)
        found = proc_scan_find_mark(block, (size_t)size, mark);
    if (block != first)
        free(block);
    return found;
}

static bool send_and_close(int fd, int signal)
{
    bool sent = syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;
    int saved_errno = errno;

    close(fd);
    errno = saved_errno;
    return sent;
}

bool proc_scan_signal(pid_t pid, unsigned long long start_ticks, int signal)
{
    struct proc_scan_stat now;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd < 0)
        return false;
    if (!proc_scan_stat(pid, &now) || now.start_ticks != start_ticks) {
        close(fd);
        errno = ESRCH;
        return false;
    }
    return send_and_close(fd, signal);
}

bool proc_scan_cgroup(pid_t pid, char *path, size_t size)
{
    char text[CGROUP_MAX], *line = text, *end;
    int fd = open_file_of(pid, "cgroup");
    ssize_t got;

    if (fd < 0)
        return false;
    got = read_some(fd, text, sizeof(text) - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    while (strncmp(line, "0::", 3) != 0) {
        line = strchr(line, '\n');
        if (line == NULL)
            return false;
        line++;
    }
    line += 3;
    end = strchr(line, '\n');
    if (end == NULL || (size_t)(end - line) >= size)
        return false;
    memcpy(path, line, (size_t)(end - line));
    path[end - line] = '\0';
    return true;
}

bool proc_scan_signal_in_cgroup(pid_t pid, const char *part, int signal)
{
    char path[CGROUP_MAX];
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd < 0)
        return false;
    if (!proc_scan_cgroup(pid, path, sizeof(path)) || strstr(path, part) == NULL) {
        close(fd);
        errno = ESRCH;
        return false;
    }
    return send_and_close(fd, signal);
}
