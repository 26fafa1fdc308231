/* SPDX-License-Identifier: MIT */
/* Reading /proc/PID. All of it is text of a process that may be hostile: bounded and cleaned. */
#include "supervisor/proc_look.h"
#include "common/json_util.h"
#include "supervisor/proc_call.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX (8 * 1024)
#define PATH_SIZE 64

/* The beginning of a file of a process as text; 0 if it cannot be read. */
static size_t read_of(pid_t pid, const char *name, char text[FILE_MAX])
{
    char path[PATH_SIZE];
    ssize_t size = -1;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        size = read(fd, text, FILE_MAX - 1);
        close(fd);
    }
    text[size > 0 ? size : 0] = '\0';
    return size > 0 ? (size_t)size : 0;
}

/* Cut, valid UTF-8, without control characters. */
static void clean(const char *text, size_t size, size_t most, char *to)
{
    bool cut = size > most;
    char *safe = utf8_sanitise(text, size, most);

    strcpy(to, safe);
    if (cut)
        strcat(to, "...");
    free(safe);
}

static int64_t milliseconds_of(unsigned long long ticks)
{
    return (int64_t)(ticks * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK));
}

static int64_t since_boot_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool proc_look_parse_stat(const char *line, struct proc_look *look)
{
    unsigned long long user, system, start;
    long pages;
    int parent;

    if (sscanf(line,
               " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %d %*d %llu "
               "%*u %ld",
               &look->state, &parent, &user, &system, &look->threads, &start, &pages) != 7)
        return false;
    look->parent = parent;
    look->cpu_ms = milliseconds_of(user + system);
    look->start_ticks = start;
    look->memory_bytes = (int64_t)pages * sysconf(_SC_PAGESIZE);
    return true;
}

static bool read_stat(struct proc_look *look)
{
    char text[FILE_MAX], *first, *last;

    read_of(look->pid, "stat", text);
    first = strchr(text, '(');
    last = strrchr(text, ')');
    if (first == NULL || last == NULL || !proc_look_parse_stat(last + 1, look))
        return false;
    clean(first + 1, (size_t)(last - first - 1), PROC_LOOK_NAME_SIZE - 4, look->name);
    return true;
}

static uint64_t number_behind(const char *text, const char *word)
{
    const char *found = strstr(text, word);

    return found != NULL ? strtoull(found + strlen(word), NULL, 10) : 0;
}

static void read_switches(struct proc_look *look)
{
    char text[FILE_MAX];

    read_of(look->pid, "status", text);
    look->voluntary = number_behind(text, "\nvoluntary_ctxt_switches:");
    look->switches = look->voluntary + number_behind(text, "\nnonvoluntary_ctxt_switches:");
}

/* Arguments stand there one behind the other, each with a NUL. */
static void read_command(struct proc_look *look)
{
    char text[FILE_MAX];
    size_t size = read_of(look->pid, "cmdline", text);

    while (size > 0 && text[size - 1] == '\0')
        size--;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    clean(text, size, PROC_LOOK_TEXT_MAX, look->command);
}

static void read_wait_channel(struct proc_look *look)
{
    char text[FILE_MAX];
    size_t size = read_of(look->pid, "wchan", text);

    if (text[0] != '0') /* which says that there is none, or that we may not know */
        clean(text, size, PROC_LOOK_NAME_SIZE - 4, look->wait_channel);
}

bool proc_look_parse_call(const char *line, struct proc_look *look)
{
    unsigned long long first;
    char *end;
    long number = strtol(line, &end, 10);

    look->fd = -1;
    if (end == line || number < 0) /* "running", or stopped outside a call: "-1 ..." */
        return false;
    look->in_call = true;
    look->call = number;
    first = strtoull(end, NULL, 16);
    if (proc_call_takes_fd(number) && first <= INT32_MAX)
        look->fd = (int)first;
    return true;
}

enum proc_fd_kind proc_look_kind(const char *target)
{
    if (strncmp(target, "pipe:", 5) == 0)
        return PROC_FD_PIPE;
    if (strncmp(target, "socket:", 7) == 0)
        return PROC_FD_SOCKET;
    if (strncmp(target, "/dev/", 5) == 0)
        return PROC_FD_DEVICE;
    return target[0] == '/' ? PROC_FD_FILE : PROC_FD_OTHER;
}

const char *proc_look_kind_name(enum proc_fd_kind kind)
{
    static const char *const names[] = {"", "pipe", "socket", "file", "device", "other"};

    return names[kind];
}

static void read_target(struct proc_look *look)
{
    char path[PATH_SIZE], target[FILE_MAX];
    ssize_t size;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)look->pid, look->fd);
    size = readlink(path, target, sizeof(target) - 1);
    if (size < 0) {
        look->fd = -1;
        return;
    }
    target[size] = '\0';
    look->fd_kind = proc_look_kind(target);
    clean(target, (size_t)size, PROC_LOOK_TEXT_MAX, look->target);
}

static void read_call(struct proc_look *look)
{
    char text[FILE_MAX];

    read_of(look->pid, "syscall", text);
    if (proc_look_parse_call(text, look) && look->fd >= 0)
        read_target(look);
}

bool proc_look(const struct proc_scan_stat *of, struct proc_look *look)
{
    *look = (struct proc_look){.pid = of->pid, .fd = -1};
    if (!read_stat(look) || look->start_ticks != of->start_ticks)
        return false;
    look->age_ms = since_boot_ms() - milliseconds_of(look->start_ticks);
    if (look->age_ms < 0) /* the kernel counts in coarser steps */
        look->age_ms = 0;
    if (look->state == 'Z' || look->state == 'X')
        return true;
    read_switches(look);
    read_command(look);
    read_wait_channel(look);
    read_call(look);
    return true;
}
