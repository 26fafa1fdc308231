/* SPDX-License-Identifier: MIT */
/* A progress bar on standard error; nothing at all if that is not a terminal. */
#ifndef CLIENT_CLI_PROGRESS_H
#define CLIENT_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;       /* standard error is a terminal */
    int64_t start_us; /* monotonic */
    int percent;
    char note[256]; /* behind the bar */
};

void progress_start(struct progress *progress);
/* note NULL: as before. */
void progress_set(struct progress *progress, int percent, const char *note);
void progress_draw(const struct progress *progress);
/* Replaces the bar by a last line: the words and the time taken. */
void progress_end(const struct progress *progress, const char *words);
int64_t progress_now_us(void); /* monotonic */

#endif
