/* SPDX-License-Identifier: MIT */
/* Bytes as lower-case hexadecimal digits. */
#ifndef COMMON_HEX_H
#define COMMON_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* Writes 2 * size digits and a NUL. */
void hex_write(char *text, const void *bytes, size_t size);
/* Reads exactly 2 * size lower-case digits. False: the text is none, and `bytes` of no use. */
bool hex_read(void *bytes, size_t size, const char *text);
/* Writes 2 * size digits of random bytes (getrandom(2)) and a NUL; `size` is at most 256. */
void hex_random(char *text, size_t size);

#endif
