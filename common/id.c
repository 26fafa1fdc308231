/* SPDX-License-Identifier: MIT */
/* Identifiers; randomness comes from the kernel and its absence ends the program. */
#include "common/id.h"
#include "common/hex.h"

#include <string.h>
#include <time.h>
#include <uuid/uuid.h>

#define HOUR_S 3600

/* New rows then touch a 256th of a unique index of ids: where that is many times larger than the
 * database's cache, each would bring another page of it from the disk otherwise. The time takes no
 * more than that because people know a task by the first eight digits. */
void id_new(char id[ID_SIZE])
{
    uuid_t uuid;

    uuid_generate_random(uuid);
    uuid[0] = (unsigned char)(time(NULL) / HOUR_S);
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
