/* SPDX-License-Identifier: MIT */
/* A small file in a test's own directory. */
#ifndef TESTS_PUT_FILE_H
#define TESTS_PUT_FILE_H

#include <check.h>
#include <stdio.h>

static inline void put_file(const char *directory, const char *name, const char *text)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

#endif
