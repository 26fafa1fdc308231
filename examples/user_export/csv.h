/* SPDX-License-Identifier: MIT */
/* Writing CSV: RFC 4180 quoting, commas, LF line ends, and no cell that a spreadsheet would run as
 * a formula. */
#ifndef USER_EXPORT_CSV_H
#define USER_EXPORT_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes one record. False with errno set if the file cannot be written (its buffer may hide that
 * until fclose). */
bool csv_write_record(FILE *file, const char *const *cells, size_t count);

#endif
