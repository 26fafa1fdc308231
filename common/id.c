/* SPDX-License-Identifier: MIT */
/* Identifiers; randomness comes from the kernel and its absence ends the program. */
#include "common/id.h"
#include "common/hex.h"

#include <string.h>
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

void nonce_new(char nonce[NONCE_SIZE])
{
    hex_random(nonce, (NONCE_SIZE - 1) / 2);
}
