/* SPDX-License-Identifier: MIT */
/* Calibration: how many workers a second the template clones, without supervisor and database:
 * COUNT no-op plugin workers, WIDTH at a time, each with a message pipe that is read to its end, a
 * work directory and a reap. Usage: clone WORKER PLUGIN COUNT WIDTH; prints the rate. */
#include "common/fd_util.h"
#include "common/order.h"
#include "common/xalloc.h"
#include "tests/template_driver.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Work directories are kept and used again under another name, as a supervisor may do: it is
 * cheaper than to make them. */
static char *spare_dir;

static void put_work_dir(const struct driver *driver, int run)
{
    char *path = xasprintf("%s/%d", driver->state_dir, run);

    if (spare_dir == NULL) {
        spare_dir = path;
        return;
    }
    rmdir(path);
    free(path);
}

static void take_work_dir(const struct driver *driver, int run)
{
    char *path = xasprintf("%s/%d", driver->state_dir, run);

    if (spare_dir != NULL && rename(spare_dir, path) == 0) {
        free(spare_dir);
        spare_dir = NULL;
    }
    free(path);
}

static int order_worker(struct driver *driver, int run, int null_fd)
{
    char packet[1024];
    int messages[2];
    int size =
        snprintf(packet, sizeof(packet),
                 "{\"op\":\"spawn\",\"run\":%d,\"mark\":\"%s-%016x\",\"type\":\"noop\",\"task\":"
                 "\"0b0e7a52-0000-4000-8000-%012d\",\"attempt\":1,\"creator\":\"system\",\"work_"
                 "dir\":\"%s/%d\"}",
                 run, driver->incarnation, (unsigned)run, run, driver->state_dir, run);

    take_work_dir(driver, run);
    if (pipe2(messages, O_CLOEXEC) != 0)
        abort();
    if (!fd_send_packet(driver->socket, packet, (size_t)size,
                        (int[]){null_fd, null_fd, null_fd, messages[1]}, ORDER_SPAWN_FDS))
        abort();
    close(messages[1]);
    return messages[0];
}

static void end_worker(struct driver *driver, int run, int messages)
{
    char path[256], byte;
    size_t none = 0;

    while (read(messages, &byte, 1) > 0) {
    }
    close(messages);
    if (fd_receive_packet(driver->socket, path, sizeof(path), NULL, &none) <= 0)
        abort();
    waitpid(-1, NULL, 0);
    put_work_dir(driver, run);
}

static double measure_template(struct driver *driver, int count, int width)
{
    int *pipes = xcalloc((size_t)count, sizeof(int));
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    double start = now(), rate;

    for (int i = 0; i < count + width; i++) {
        if (i < count)
            pipes[i] = order_worker(driver, i, null_fd);
        if (i >= width)
            end_worker(driver, i - width, pipes[i - width]);
    }
    rate = count / (now() - start);
    close(null_fd);
    free(pipes);
    return rate;
}

int main(int argc, char **argv)
{
    struct driver driver;
    char *members, *errors;
    int count, width;

    if (argc != 5) {
        fprintf(stderr, "usage: %s WORKER PLUGIN COUNT WIDTH\n", argv[0]);
        return EXIT_FAILURE;
    }
    count = atoi(argv[3]);
    width = atoi(argv[4]);
    driver_start(&driver, argv[1]);
    members = xasprintf("\"plugin\":\"%s\"", argv[2]);
    driver_type(&driver, "noop", members);
    errors = driver_ready(&driver);
    fputs(errors, stderr);
    printf("%.0f\n", measure_template(&driver, count, width));
    free(members);
    free(errors);
    return driver_stop(&driver) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
