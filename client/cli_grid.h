/* SPDX-License-Identifier: MIT */
/* A table of text with aligned columns. */
#ifndef CLIENT_CLI_GRID_H
#define CLIENT_CLI_GRID_H

#include <stddef.h>
#include <stdio.h>

#define GRID_COLUMNS_MAX 12

struct grid;

/* titles: separated by '|'; one that begins with '>' is aligned to the right. Without titles (rows
 * of two columns, name and value) pass "" and the number of columns. */
struct grid *grid_new(const char *titles, size_t columns);
void grid_free(struct grid *grid);

/* Sets the next cell, row by row. Text is copied and made safe for a terminal; NULL or "" is shown
 * as "-". */
void grid_add(struct grid *grid, const char *text);
void grid_addf(struct grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));

size_t grid_rows(const struct grid *grid);

/* Columns are separated by two spaces; nothing stands behind the last one. */
void grid_print(const struct grid *grid, FILE *out);

#endif
