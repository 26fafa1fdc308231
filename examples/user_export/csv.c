/* SPDX-License-Identifier: MIT */
/* One record at a time; write errors are returned. */
#include "examples/user_export/csv.h"

#include <string.h>

/* Spreadsheets run a cell that begins with one of these, also out of a quoted field; an apostrophe
 * makes it text. */
static bool looks_like_formula(const char *cell)
{
    return cell[0] != '\0' && strchr("=+-@\t\r", cell[0]) != NULL;
}

static void write_cell(FILE *file, const char *cell)
{
    bool quoted = strpbrk(cell, ",\"\r\n") != NULL;

    if (quoted)
        putc('"', file);
    if (looks_like_formula(cell))
        putc('\'', file);
    for (; *cell != '\0'; cell++) {
        if (*cell == '"')
            putc('"', file);
        putc(*cell, file);
    }
    if (quoted)
        putc('"', file);
}

bool csv_write_record(FILE *file, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            putc(',', file);
        write_cell(file, cells[i]);
    }
    putc('\n', file);
    return !ferror(file);
}
