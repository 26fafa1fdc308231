/* SPDX-License-Identifier: MIT */
/* A table of text with aligned columns, measured in terminal columns. */
#include "client/cli_grid.h"
#include "client/cli_format.h"
#include "common/xalloc.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct grid {
    size_t columns;
    bool titled;
    bool right[GRID_COLUMNS_MAX];
    size_t widths[GRID_COLUMNS_MAX];
    char **cells; /* the titles first, if there are any */
    size_t count;
    size_t room;
};

static void grid_push(struct grid *grid, char *text)
{
    size_t column = grid->count % grid->columns, width = format_width(text);

    if (grid->count == grid->room) {
        grid->room = grid->room != 0 ? grid->room * 2 : 64;
        grid->cells = xrealloc(grid->cells, grid->room, sizeof(*grid->cells));
    }
    grid->cells[grid->count++] = text;
    if (width > grid->widths[column])
        grid->widths[column] = width;
}

struct grid *grid_new(const char *titles, size_t columns)
{
    struct grid *grid = xcalloc(1, sizeof(*grid));
    const char *at = titles;
    size_t i;

    grid->columns = columns;
    grid->titled = *titles != '\0';
    for (i = 0; grid->titled && i < columns; i++) {
        size_t length;

        grid->right[i] = *at == '>';
        at += grid->right[i];
        length = strcspn(at, "|");
        grid_push(grid, xstrndup(at, length));
        at += length + (at[length] == '|');
    }
    return grid;
}

void grid_free(struct grid *grid)
{
    size_t i;

    for (i = 0; i < grid->count; i++)
        free(grid->cells[i]);
    free(grid->cells);
    free(grid);
}

void grid_add(struct grid *grid, const char *text)
{
    char *safe = text != NULL && *text != '\0' ? format_safe(text, 0) : xstrdup("-");
    char *tab;

    while ((tab = strchr(safe, '\t')) != NULL)
        *tab = ' ';
    grid_push(grid, safe);
}

void grid_addf(struct grid *grid, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = xvasprintf(format, arguments);
    va_end(arguments);
    grid_add(grid, text);
    free(text);
}

size_t grid_rows(const struct grid *grid)
{
    return grid->count / grid->columns - grid->titled;
}

static void grid_print_cell(const struct grid *grid, size_t i, FILE *out)
{
    size_t column = i % grid->columns;
    bool last = column == grid->columns - 1;
    int fill = (int)(grid->widths[column] - format_width(grid->cells[i]));

    if (grid->right[column])
        fprintf(out, "%*s%s", fill, "", grid->cells[i]);
    else
        fprintf(out, "%s%*s", grid->cells[i], last ? 0 : fill, "");
    fputs(last ? "\n" : "  ", out);
}

void grid_print(const struct grid *grid, FILE *out)
{
    size_t i;

    for (i = 0; i < grid->count / grid->columns * grid->columns; i++)
        grid_print_cell(grid, i, out);
}
