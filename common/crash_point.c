/* SPDX-License-Identifier: MIT */
/* The process kills itself as a fault of the machine would end it: nothing is flushed, no handler
 * runs. */
#include "common/crash_point.h"

#ifdef ENABLE_CRASH_POINTS

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CRASH_POINT_NAME(name) #name,
static const char *const names[] = {CRASH_POINTS(CRASH_POINT_NAME)};

static atomic_ulong passed[CRASH_POINT_COUNT];

/* The number of the passing that is fatal; 0: none. */
static unsigned long fatal_passing(const char *name)
{
    const char *wanted = getenv("TASKYARD_CRASH_AT"); /* nobody changes the environment */
    size_t length = strlen(name);

    if (wanted == NULL || strncmp(wanted, name, length) != 0 || wanted[length] != ':')
        return 0;
    return strtoul(wanted + length + 1, NULL, 10);
}

void crash_at(enum crash_point point)
{
    unsigned long count = atomic_fetch_add(&passed[point], 1) + 1;

    if (count != fatal_passing(names[point]))
        return;
    dprintf(STDERR_FILENO, "crash point %s, passing %lu\n", names[point], count);
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

void crash_points_print(void)
{
    for (size_t i = 0; i < CRASH_POINT_COUNT; i++)
        puts(names[i]);
}

#else
/* ISO C wants something in each file. */
typedef int crash_points_are_not_compiled;
#endif
