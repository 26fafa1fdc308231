/* SPDX-License-Identifier: MIT */
/* Whether a program could go on with the tasks that run: it finds their database, and knows its
 * schema. */
#ifndef SUPERVISOR_STORE_TRIAL_H
#define SUPERVISOR_STORE_TRIAL_H

struct store_config;

/* Blocks up to some seconds. NULL if the database that `config` leads to is the one in which
 * config->incarnation is at work, and its schema is none of a later version; else a sentence, the
 * caller's. Changes no row. */
char *store_trial(const struct store_config *config);

#endif
