/* SPDX-License-Identifier: MIT */
/* Calibration: how many times a second this machine runs a small program, one after the other, with
 * posix_spawn("/bin/true") and wait. Usage: spawn [SECONDS]; prints the rate. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    char *arguments[] = {"true", NULL}, *environment[] = {NULL};
    double seconds = argc > 1 ? atof(argv[1]) : 1, begin = now_s();
    int count = 0;

    for (; now_s() - begin < seconds; count++) {
        pid_t pid;

        if (posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environment) != 0 ||
            waitpid(pid, NULL, 0) != pid) {
            perror("spawn");
            return EXIT_FAILURE;
        }
    }
    printf("%.0f\n", count / (now_s() - begin));
    return EXIT_SUCCESS;
}
