/* SPDX-License-Identifier: MIT */
/* A store for unit tests: cycles are held until the test answers them, everything else is recorded
 * and dropped. */
#ifndef TESTS_STORE_FAKE_H
#define TESTS_STORE_FAKE_H

#include "supervisor/store.h"

#define FAKE_FINISHES_MAX 64
#define FAKE_TEXT_MAX 128

struct fake_finish {
    uint64_t row_id;
    enum task_status status;
    enum attempt_cause cause;
    int progress;
    char error[FAKE_TEXT_MAX];
};

extern struct fake_cycle {
    bool waiting; /* a cycle has been asked for and not answered */
    unsigned asked;
    unsigned claim_limit;
    size_t finish_count;
    struct fake_finish finishes[FAKE_FINISHES_MAX];
} fake_cycle;

extern char fake_events[1024]; /* kinds of the recorded events, each followed by a blank */
extern char
    fake_log[64 * 1024]; /* messages of the recorded log lines, each followed by a newline */

/* Answers the waiting cycle with tasks of these row ids (ids and types made from them). */
void fake_answer(enum store_result result, const char *type, const uint64_t *row_ids, size_t count);
void fake_reset(void);

#endif
