/* SPDX-License-Identifier: MIT */
/* Preloaded (ld.so(8)) into a supervisor: moves its wall clock by the seconds that the file
 * WITNESS_CLOCK holds, and writes the order in which it makes files safe and tells the database of
 * them into WITNESS_LOG. */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* ---- the clock ---- */

static long skew(void)
{
    const char *path = getenv("WITNESS_CLOCK");
    char text[32] = "";
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return 0;
    if (read(fd, text, sizeof(text) - 1) < 0)
        abort();
    close(fd);
    return atol(text);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int status = REAL(clock_gettime)(clock, now);

    if (clock == CLOCK_REALTIME)
        now->tv_sec += skew();
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int status = REAL(gettimeofday)(now, zone);

    now->tv_sec += skew();
    return status;
}

time_t time(time_t *out)
{
    time_t now = REAL(time)(NULL) + skew();

    if (out != NULL)
        *out = now;
    return now;
}

/* ---- the order ---- */

static void note(const char *what, const char *path)
{
    const char *log = getenv("WITNESS_LOG");
    char line[PATH_MAX + 32];
    int fd = log != NULL ? open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644) : -1;
    int size = snprintf(line, sizeof(line), "%s %s\n", what, path);

    if (fd < 0)
        return;
    if (write(fd, line, (size_t)size) != size)
        abort();
    close(fd);
}

int fsync(int fd)
{
    char link[32], path[PATH_MAX] = "";

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof(path) - 1) < 0)
        abort();
    note("fsync", path);
    return REAL(fsync)(fd);
}

int rename(const char *from, const char *to)
{
    note("rename", to);
    return REAL(rename)(from, to);
}

/* A statement is sent as text once, just before it runs for the first time. */
ssize_t send(int fd, const void *data, size_t size, int flags)
{
    static const char insert[] = "INSERT INTO file ";

    if (memmem(data, size, insert, strlen(insert)) != NULL)
        note("insert", "file");
    return REAL(send)(fd, data, size, flags);
}
