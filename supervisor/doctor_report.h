/* SPDX-License-Identifier: MIT */
/* What the doctor has found, one line each. */
#ifndef SUPERVISOR_DOCTOR_REPORT_H
#define SUPERVISOR_DOCTOR_REPORT_H

#include <stdbool.h>
#include <stdio.h>

enum doctor_finding { DOCTOR_GOOD, DOCTOR_WARNING, DOCTOR_FAILURE };

struct doctor_report {
    FILE *out;
    const char *part; /* what is being looked at */
    int warnings, failures;
};

/* advice: NULL, or what to do about it. */
void doctor_note(struct doctor_report *report, enum doctor_finding finding, const char *advice,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

struct store_config;
/* The database: reachable, of a version that will do, with the rights that are needed.
 * `connections` is how many the service needs. */
void doctor_database(struct doctor_report *report, const struct store_config *config,
                     unsigned connections);

#endif
