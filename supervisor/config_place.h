/* SPDX-License-Identifier: MIT */
/* Where each setting was written: libConfuse knows it only while it reads, and the values are
 * checked when all files have been read. For the main thread; one reading at a time. */
#ifndef SUPERVISOR_CONFIG_PLACE_H
#define SUPERVISOR_CONFIG_PLACE_H

#include <confuse.h>

/* Before the first file is read. */
void config_place_watch(cfg_t *cfg);

/* "file:line" of the setting that a reason begins with ("listen must be ...", "database.port:
 * ..."), as it was written last; NULL if it was not written. Valid until config_place_forget(). */
const char *config_place_of(const char *reason);

void config_place_forget(void);

#endif
