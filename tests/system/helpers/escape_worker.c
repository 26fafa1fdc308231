/* SPDX-License-Identifier: MIT */
/* A task that does not want to die: makes processes in one of several ways, says so by a progress
 * of 1, and stays. Arguments: the way, then a mark by which its processes are found in
 * /proc/PID/cmdline whatever they do. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int told[2]; /* each process that is where it wants to be writes a byte */

static void stay(void)
{
    for (;;)
        pause();
}

static void settle(void)
{
    if (write(told[1], "x", 1) != 1)
        _exit(1);
    for (int fd = 0; fd < 10; fd++)
        close(fd);
    stay();
}

static void child(void)
{
    if (fork() == 0)
        settle();
}

static void child_of_own_session(void)
{
    if (fork() == 0) {
        setsid();
        settle();
    }
}

static void daemon_process(void)
{
    pid_t first = fork();

    if (first != 0) {
        waitpid(first, NULL, 0); /* so that it is not counted among what is left */
        return;
    }
    setsid();
    if (fork() != 0)
        _exit(0);
    settle();
}

/* As by `env -i`. The descriptor is passed as a number, since nothing else is left. */
static void bare(const char *mark, int as_daemon)
{
    char fd[16];
    char *nothing[] = {NULL};

    if (fork() != 0)
        return;
    if (as_daemon) {
        setsid();
        if (fork() != 0)
            _exit(0);
    }
    snprintf(fd, sizeof(fd), "%d", told[1]);
    execve("/proc/self/exe", (char *[]){"escape", "settle", (char *)mark, fd, NULL}, nothing);
    _exit(1);
}

static void bomb(int own_session)
{
    for (;;) {
        pid_t pid = fork();
        if (pid < 0)
            usleep(2000);
        else if (pid == 0 && own_session)
            setsid();
    }
}

static void say_ready(int processes)
{
    static const char ready[] = "{\"progress\":1}\n";
    char byte;

    for (int i = 0; i < processes; i++)
        if (read(told[0], &byte, 1) != 1)
            _exit(1);
    if (write(3, ready, sizeof(ready) - 1) < 0)
        _exit(1);
}

static int escape(const char *way, const char *mark)
{
    if (strcmp(way, "children") == 0) {
        child();
        child();
        say_ready(2);
    } else if (strcmp(way, "setsid") == 0) {
        child_of_own_session();
        say_ready(1);
    } else if (strcmp(way, "daemon") == 0) {
        daemon_process();
        daemon_process();
        say_ready(2);
    } else if (strcmp(way, "bare") == 0) {
        bare(mark, 0);
        say_ready(1);
    } else if (strcmp(way, "bare_daemon") == 0) {
        bare(mark, 1);
        say_ready(1);
    } else if (strcmp(way, "deaf") == 0) {
        signal(SIGTERM, SIG_IGN);
        child();
        daemon_process();
        say_ready(2);
    } else if (strcmp(way, "stopped") == 0) {
        child();
        daemon_process();
        say_ready(2);
        raise(SIGSTOP);
    } else if (strcmp(way, "left") == 0) { /* ends well and leaves something behind */
        daemon_process();
        say_ready(1);
        return 0;
    } else {
        signal(SIGTERM, SIG_IGN);
        say_ready(0);
        bomb(strcmp(way, "bomb_setsid") == 0);
    }
    stay();
    return 0;
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "", *mark = argc > 2 ? argv[2] : "";

    if (strcmp(way, "settle") == 0) {
        told[1] = atoi(argv[3]);
        settle();
    }
    if (argc == 2) { /* started as a task: once more, with a mark that can be seen */
        char text[64];
        snprintf(text, sizeof(text), "escape-%.40s", getenv("TASKYARD_TASK_ID"));
        execve("/proc/self/exe", (char *[]){"escape", argv[1], text, NULL}, environ);
        return 1;
    }
    if (pipe(told) != 0)
        return 1;
    dup2(told[0], 20);
    dup2(told[1], 21);
    told[0] = 20;
    told[1] = 21;
    return escape(way, mark);
}
