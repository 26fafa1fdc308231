/* SPDX-License-Identifier: MIT */
/* Signed links to files: whoever has one may fetch that file for a while, without signing in.
 * HMAC-SHA-256 over the key and the end of its time; pure. */
#ifndef SUPERVISOR_FILE_LINK_H
#define SUPERVISOR_FILE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#define FILE_LINK_LIFE_S 600
#define FILE_LINK_SECRET_SIZE 65    /* 32 bytes as hex and a NUL */
#define FILE_LINK_SIGNATURE_SIZE 65 /* the same */

/* `expires` in seconds since 1970. */
void file_link_sign(const char *secret, const char *key, int64_t expires,
                    char signature[FILE_LINK_SIGNATURE_SIZE]);
/* Takes the same time wherever a signature is wrong. */
bool file_link_is_good(const char *secret, const char *key, const char *signature, int64_t expires,
                       int64_t now);

#endif
