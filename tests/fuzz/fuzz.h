/* SPDX-License-Identifier: MIT */
/* A fuzz target: takes any bytes and checks what must hold whatever they are. `script/fuzz` feeds
 * it through libFuzzer; `make check` gives it the corpus through fuzz_main.c. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Named by libFuzzer. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The bytes as text, up to their first NUL; freed by the caller. */
char *fuzz_text(const uint8_t *data, size_t size);
/* Cuts the first line off: the text of it (freed by the caller), the rest in *data and *size. */
char *fuzz_line(const uint8_t **data, size_t *size);

#endif
