/* SPDX-License-Identifier: MIT */
/* Exit statuses of a worker process that Taskyard itself gives a meaning. A command may use any
 * status; 0 alone is success. */
#ifndef COMMON_EXITCODE_H
#define COMMON_EXITCODE_H

enum worker_exit {
    WORKER_EXIT_OK = 0,
    WORKER_EXIT_FAILED = 1, /* a plugin's function returned an error; its text went over the pipe */
    WORKER_EXIT_SETUP = 125,          /* the clone could not prepare itself; start_error says why */
    WORKER_EXIT_NOT_EXECUTABLE = 126, /* as in POSIX sh: found but cannot be executed */
    WORKER_EXIT_NOT_FOUND = 127       /* as in POSIX sh: no such program */
};

#endif
