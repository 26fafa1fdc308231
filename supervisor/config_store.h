/* SPDX-License-Identifier: MIT */
/* The configuration as a store wants it. */
#ifndef SUPERVISOR_CONFIG_STORE_H
#define SUPERVISOR_CONFIG_STORE_H

#include "supervisor/store.h"

struct config;

/* The texts stay the configuration's; without an incarnation. */
struct store_config config_store(const struct config *config);

#endif
