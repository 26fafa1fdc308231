/* SPDX-License-Identifier: MIT */
/* Reading the configuration again while everything runs: which settings change at once, and which
 * wait for a restart. */
#ifndef SUPERVISOR_CONFIG_RELOAD_H
#define SUPERVISOR_CONFIG_RELOAD_H

#include <stddef.h>

struct config;

#define CONFIG_NAMES_MAX 32

/* Names of settings as the file has them; static strings. */
struct config_names {
    const char *at[CONFIG_NAMES_MAX];
    size_t count;
};

/* What one reading came to. */
struct config_reload {
    char *fault;                 /* NULL, or why the file is not fit for use and nothing changed */
    struct config_names changed; /* in use from now on */
    struct config_names waiting; /* differ from what is in use: they need a restart */
};

/* Reads config->path again and tells the log what came of it. `outcome` is overwritten, what it
 * held is freed. Loop thread only: no other thread reads the settings that may change. */
void config_reload(struct config *config, struct config_reload *outcome);
void config_reload_clear(struct config_reload *outcome);

#endif
