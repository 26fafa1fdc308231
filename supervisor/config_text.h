/* SPDX-License-Identifier: MIT */
/* libConfuse counts a line with a comment several times, and then reports faults at lines that the
 * file does not have: it gets to see files without their comments. */
#ifndef SUPERVISOR_CONFIG_TEXT_H
#define SUPERVISOR_CONFIG_TEXT_H

#include <confuse.h>

/* As cfg_parse(): CFG_SUCCESS, CFG_PARSE_ERROR, or CFG_FILE_ERROR with errno set. */
int config_text_parse(cfg_t *cfg, const char *path);

/* The file that is being read, for callbacks: the section of one does not always know it. */
const char *config_text_path(void);

/* A copy of a list of strings, its end marked by NULL; the caller's, as all of its strings. */
char **config_text_list(cfg_t *section, const char *name);

#endif
