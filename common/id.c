/* SPDX-License-Identifier: MIT */
/* Identifiers; randomness comes from the kernel and its absence ends the program. */
#include "common/id.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uuid/uuid.h>

#define RANDOM_MAX 256 /* getrandom(2) gives this much in one piece */

void id_new(char id[ID_SIZE])
{
    uuid_t uuid;

    uuid_generate_random(uuid);
    uuid_unparse_lower(uuid, id);
}

bool id_is_valid(const char *text)
{
    uuid_t uuid;

    return strlen(text) == ID_SIZE - 1 && uuid_parse(text, uuid) == 0;
}

void hex_random(char *text, size_t bytes)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t random[RANDOM_MAX];

    if (bytes > sizeof(random) || getrandom(random, bytes, 0) != (ssize_t)bytes)
        abort();
    for (size_t i = 0; i < bytes; i++) {
        text[2 * i] = digits[random[i] >> 4];
        text[2 * i + 1] = digits[random[i] & 15];
    }
    text[2 * bytes] = '\0';
}

void nonce_new(char nonce[NONCE_SIZE])
{
    hex_random(nonce, (NONCE_SIZE - 1) / 2);
}
