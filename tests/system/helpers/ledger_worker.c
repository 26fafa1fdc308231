/* SPDX-License-Identifier: MIT */
/* Wraps a test task: ledger_worker DIRECTORY PROGRAM [ARGUMENT...]. Writes into DIRECTORY/ledger
 * when the task starts and ends (appended, synced), and holds a lock for the task as long as any
 * process of it lives, so that two copies that run at once give themselves away. Ends as the
 * program ends. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *directory;

static void die(const char *what)
{
    fprintf(stderr, "ledger_worker: %s: %s\n", what, strerror(errno));
    exit(99);
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "?";
}

/* One line in one write: lines of several processes do not mix. */
static void record(const char *what, int number)
{
    char path[4096], line[512];
    snprintf(path, sizeof path, "%s/ledger", directory);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        die(path);
    int length = snprintf(line, sizeof line, "%s %s %s %d\n", variable("TASKYARD_TASK_ID"),
                          variable("TASKYARD_ATTEMPT"), what, number);
    if (write(fd, line, (size_t)length) != length || fsync(fd) != 0)
        die("ledger");
    close(fd);
}

/* The descriptor stays open, and is inherited on purpose. */
static void take_lock(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.lock", directory, variable("TASKYARD_TASK_ID"));
    int fd = open(path, O_RDWR | O_CREAT, 0644);
    if (fd < 0)
        die(path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        record("overlap", (int)getpid());
}

int main(int argc, char **argv)
{
    int status = 0;
    if (argc < 3)
        return 99;
    directory = argv[1];
    take_lock();
    record("start", (int)getpid());
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    signal(SIGTERM, SIG_IGN); /* the program decides what it means */
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    record("end", status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
