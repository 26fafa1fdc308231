/* SPDX-License-Identifier: MIT */
/* Draws a progress bar over itself. */
#include "client/cli_progress.h"
#include "client/cli_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

int64_t progress_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void progress_start(struct progress *progress)
{
    memset(progress, 0, sizeof(*progress));
    progress->shown = isatty(STDERR_FILENO);
    progress->start_us = progress_now_us();
}

void progress_set(struct progress *progress, int percent, const char *note)
{
    progress->percent = percent;
    if (note != NULL)
        snprintf(progress->note, sizeof(progress->note), "%s", note);
}

void progress_draw(const struct progress *progress)
{
    struct winsize size = {0};
    char *line;

    if (!progress->shown)
        return;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col < 10)
        size.ws_col = 80;
    line = format_bar(size.ws_col - 1u, progress->percent, progress_now_us() - progress->start_us,
                      progress->note);
    fprintf(stderr, "\r%s\033[K", line);
    free(line);
}

void progress_end(const struct progress *progress, const char *words)
{
    char taken[FORMAT_SHORT_SIZE];

    if (!progress->shown)
        return;
    format_duration(progress_now_us() - progress->start_us, taken);
    fprintf(stderr, "\r%s after %s\033[K\n", words, taken);
}
