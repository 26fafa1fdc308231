/* SPDX-License-Identifier: MIT */
/* Identifiers; randomness comes from the kernel and its absence ends the program. */
#include "common/id.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uuid/uuid.h>

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

    for (size_t i = 0; i < bytes; i++) {
        uint8_t byte;
        if (getrandom(&byte, 1, 0) != 1)
            abort();
        text[2 * i] = digits[byte >> 4];
        text[2 * i + 1] = digits[byte & 15];
    }
    text[2 * bytes] = '\0';
}

void nonce_new(char nonce[NONCE_SIZE])
{
    hex_random(nonce, (NONCE_SIZE - 1) / 2);
}
