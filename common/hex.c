/* SPDX-License-Identifier: MIT */
/* See hex.h. */
#include "common/hex.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

#define RANDOM_MAX 256 /* what getrandom(2) gives without being interrupted */

static const char digits[] = "0123456789abcdef";

void hex_write(char *text, const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;

    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[byte[i] >> 4];
        text[2 * i + 1] = digits[byte[i] & 15];
    }
    text[2 * size] = '\0';
}

static int digit_of(char digit)
{
    const char *at = digit != '\0' ? strchr(digits, digit) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

bool hex_read(void *bytes, size_t size, const char *text)
{
    uint8_t *byte = bytes;

    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        byte[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void hex_random(char *text, size_t size)
{
    uint8_t random[RANDOM_MAX];

    if (size > sizeof(random) || getrandom(random, size, 0) != (ssize_t)size)
        abort();
    hex_write(text, random, size);
}
