/* SPDX-License-Identifier: MIT */
/* Looks at everything a supervisor needs and says what is wrong and what to do about it. Changes
 * nothing, but makes an empty database if there is none. To be run as the account the service runs
 * as: what that may do is what counts (doctor_account.h). */
#ifndef SUPERVISOR_DOCTOR_H
#define SUPERVISOR_DOCTOR_H

#include <stdio.h>

struct config;
struct store_config;
struct type_registry;

/* One line for each thing looked at, with an indented one of advice where there is something to do.
 * Returns how many of them keep the service from working. */
int doctor(FILE *out, const struct config *config, const struct store_config *store,
           const struct type_registry *types);

#endif
