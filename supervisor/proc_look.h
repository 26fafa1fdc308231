/* SPDX-License-Identifier: MIT */
/* What one process is doing at this moment, as proc(5) shows it: read only, never stopped or
 * traced. What may not be seen is left out. Never its environment. Any thread. */
#ifndef SUPERVISOR_PROC_LOOK_H
#define SUPERVISOR_PROC_LOOK_H

#include "common/proc_scan.h"
#include <stdint.h>

#define PROC_LOOK_TEXT_MAX                                                                         \
    200 /* bytes of a command or target; one that is longer ends in "..."                          \
         */
#define PROC_LOOK_NAME_SIZE 65

enum proc_fd_kind {
    PROC_FD_NONE,
    PROC_FD_PIPE,
    PROC_FD_SOCKET,
    PROC_FD_FILE,
    PROC_FD_DEVICE,
    PROC_FD_OTHER
};

struct proc_look {
    pid_t pid;
    pid_t parent;
    unsigned long long start_ticks;
    char state;                           /* as in proc(5) */
    char name[PROC_LOOK_NAME_SIZE];       /* valid UTF-8, no control characters */
    char command[PROC_LOOK_TEXT_MAX + 4]; /* the same; "" if there is none */
    int64_t cpu_ms;                       /* user and system, all threads */
    int64_t memory_bytes;                 /* resident */
    int threads;
    int64_t age_ms;
    uint64_t switches;  /* how often its first thread was taken off a processor */
    uint64_t voluntary; /* of these: because it had to wait for something */
    char wait_channel[PROC_LOOK_NAME_SIZE]; /* "" if it is not known, or nothing is waited for */
    bool in_call;                           /* its first thread is inside the kernel: */
    long call;                              /* a number of <sys/syscall.h> */
    int fd;                                 /* that the call is about, -1: none is */
    enum proc_fd_kind fd_kind;
    char target[PROC_LOOK_TEXT_MAX + 4]; /* as /proc/PID/fd shows it, "" */
};

/* False if there is no such process any more. */
bool proc_look(const struct proc_scan_stat *of, struct proc_look *look);

/* From the line of /proc/PID/stat behind the name, and from that of /proc/PID/syscall; exported for
 * the tests. False if it is not one. */
bool proc_look_parse_stat(const char *line, struct proc_look *look);
bool proc_look_parse_call(const char *line, struct proc_look *look);
/* What "pipe:[4711]", "socket:[4711]", "/dev/tty" or "/etc/passwd" is. */
enum proc_fd_kind proc_look_kind(const char *target);
const char *proc_look_kind_name(enum proc_fd_kind kind);

#endif
