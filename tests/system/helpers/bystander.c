/* SPDX-License-Identifier: MIT */
/* A crowd of innocent processes that come and go beside a supervisor, so that numbers are used
 * again as soon as they are free. Each that gets a signal, or dies of one, is a line in the file.
 * Ends when its standard input does. usage: bystander FILE NUMBER */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int report;

static void tell(const char *what, int signal)
{
    char line[64];
    int size = snprintf(line, sizeof(line), "%s %d\n", what, signal);

    if (write(report, line, (size_t)size) != size)
        abort();
}

static void on_signal(int signal)
{
    tell("got", signal);
}

/* Some lead a session, as workers do. */
static void live(unsigned n)
{
    struct timespec time = {.tv_nsec = (long)(n % 7) * 1000000};

    if (n % 2 == 0)
        setsid();
    for (int number = 1; number < 32; number++)
        if (number != SIGKILL && number != SIGSTOP && number != SIGCHLD)
            signal(number, on_signal);
    nanosleep(&time, NULL);
    _exit(0);
}

static void reap(unsigned *living, int flags)
{
    int status;

    while (*living > 0 && waitpid(-1, &status, flags) > 0) {
        (*living)--;
        if (WIFSIGNALED(status))
            tell("died", WTERMSIG(status));
        flags = WNOHANG;
    }
}

int main(int argc, char **argv)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    unsigned crowd, living = 0, made = 0;

    if (argc != 3)
        return 2;
    crowd = (unsigned)strtoul(argv[2], NULL, 10);
    report = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (report < 0)
        return 1;
    while (poll(&input, 1, 0) == 0) {
        pid_t pid = living < crowd ? fork() : -1;
        if (pid == 0)
            live(made);
        living += pid > 0;
        made += pid > 0;
        reap(&living, pid > 0 ? WNOHANG : 0);
    }
    while (living > 0)
        reap(&living, 0);
    tell("made", (int)made);
    return 0;
}
