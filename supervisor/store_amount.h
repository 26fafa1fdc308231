/* SPDX-License-Identifier: MIT */
/* Remembers for which filters of lists there were more rows than are ever counted, so that not
 * every page of a long list looks at ten thousand of them. Any thread. */
#ifndef SUPERVISOR_STORE_AMOUNT_H
#define SUPERVISOR_STORE_AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* For so long a list may be called long after most of it was deleted, or short while it grows. */
#define STORE_AMOUNT_MS 10000

enum store_amount { STORE_AMOUNT_UNKNOWN, STORE_AMOUNT_FEW, STORE_AMOUNT_PLENTY };

/* What was noted of this filter, if that was less than STORE_AMOUNT_MS ago and no other filter has
 * taken its place. `now_ms` by the monotonic clock. */
enum store_amount store_amount_recall(const char *filter, int64_t now_ms);
void store_amount_note(const char *filter, bool plenty, int64_t now_ms);

#endif
