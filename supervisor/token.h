/* SPDX-License-Identifier: MIT */
/* The secrets that stand for a session or an API token: 32 bytes from the kernel, written in 43
 * characters of base64url (RFC 4648, section 5). Only their SHA-256 is kept. */
#ifndef SUPERVISOR_TOKEN_H
#define SUPERVISOR_TOKEN_H

#include <stdbool.h>

#define TOKEN_SIZE 44 /* 43 characters and a NUL */
#define TOKEN_HASH_BYTES 32
#define TOKEN_HASH_SIZE 65 /* as lower-case hex, and a NUL */

void token_new(char token[TOKEN_SIZE]);
/* Could this be one? Anything else need not be looked for. */
bool token_is_well_formed(const char *token);
void token_digest(const char *token, unsigned char digest[TOKEN_HASH_BYTES]);
void token_hash(const char *token, char hash[TOKEN_HASH_SIZE]);
/* Takes the same time wherever the two differ. */
bool token_digest_equal(const unsigned char *a, const unsigned char *b);

#endif
