/* SPDX-License-Identifier: MIT */
/* What a process waits for when it is inside a system call: names and words for the calls that
 * tasks are seen in. Pure. */
#ifndef SUPERVISOR_PROC_CALL_H
#define SUPERVISOR_PROC_CALL_H

#include <stdbool.h>
#include <stddef.h>

enum proc_wait {
    PROC_WAIT_OTHER,
    PROC_WAIT_READ, /* of a descriptor */
    PROC_WAIT_WRITE,
    PROC_WAIT_READY, /* poll and its like: any of several */
    PROC_WAIT_LOCK,  /* of another thread or process */
    PROC_WAIT_FILE_LOCK,
    PROC_WAIT_SLEEP,
    PROC_WAIT_CHILD,
    PROC_WAIT_CONNECT, /* to a server */
    PROC_WAIT_ACCEPT,  /* for a client */
    PROC_WAIT_DISK,
    PROC_WAIT_OPEN, /* of a FIFO, or on a slow file system */
    PROC_WAIT_SIGNAL,
    PROC_WAIT_AGAIN /* a sleep or wait that a stop had interrupted: restart_syscall(2) */
};

/* NULL for one that is not in the table. */
const char *proc_call_name(long number);
enum proc_wait proc_call_wait(long number);
/* True if its first argument is a file descriptor. */
bool proc_call_takes_fd(long number);

#endif
