/* SPDX-License-Identifier: MIT */
/* Reads times as RFC 3339 writes them. */
#ifndef COMMON_RFC3339_H
#define COMMON_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-02-19T14:03:10.123456+01:00" or "...Z", years 1970 to 9999; digits beyond microseconds are
 * dropped. Microseconds since 1970 UTC. False, and nothing written, if it is anything else. */
bool rfc3339_parse(const char *text, int64_t *us);

#endif
