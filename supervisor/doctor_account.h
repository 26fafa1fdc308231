/* SPDX-License-Identifier: MIT */
/* Root may read and run everything, so what root sees says nothing about the service: the doctor
 * looks with the eyes of the service's account. */
#ifndef SUPERVISOR_DOCTOR_ACCOUNT_H
#define SUPERVISOR_DOCTOR_ACCOUNT_H

#include <stdbool.h>

/* Becomes, for good, the account that the supervisor of this state directory runs as. False if this
 * process is not root's, or if there is no such account. */
bool doctor_account_take(const char *state_dir);

#endif
