/* SPDX-License-Identifier: MIT */
/* The program that other queues are given to run when the time until a task begins is measured:
 * writes CLOCK_MONOTONIC in nanoseconds, one line, to the pipe named by its argument. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec now;
    char line[32];
    int length, fd;

    clock_gettime(CLOCK_MONOTONIC, &now);
    length = snprintf(line, sizeof(line), "%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
    fd = argc == 2 ? open(argv[1], O_WRONLY | O_CLOEXEC) : -1;
    return fd >= 0 && write(fd, line, (size_t)length) == length ? EXIT_SUCCESS : EXIT_FAILURE;
}
