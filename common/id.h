/* SPDX-License-Identifier: MIT */
/* Identifiers: UUIDs for what people see, random hex for nonces and traces. */
#ifndef COMMON_ID_H
#define COMMON_ID_H

#include <stdbool.h>

#define ID_SIZE 37    /* UUID text and its NUL */
#define NONCE_SIZE 33 /* 128 bits as lower-case hex and a NUL */

/* A UUID in the form of version 4 (RFC 9562), lower case: random but for its first byte, which goes
 * with the hour. */
void id_new(char id[ID_SIZE]);
bool id_is_valid(const char *text); /* exactly the 36-character form, either case */
void nonce_new(char nonce[NONCE_SIZE]);

#endif
