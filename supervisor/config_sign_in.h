/* SPDX-License-Identifier: MIT */
/* The part of the configuration that concerns signing in. */
#ifndef SUPERVISOR_CONFIG_SIGN_IN_H
#define SUPERVISOR_CONFIG_SIGN_IN_H

#include <confuse.h>

struct config_sign_in {
    unsigned user_failures;    /* tries in vain that lock a user */
    unsigned address_failures; /* and those that lock an address */
    unsigned window_s;         /* in which they count, and how long a lock lasts */
    unsigned session_lifetime_s;
    unsigned session_idle_s; /* without a request */
};

/* Rows for the table of options. */
#define CONFIG_SIGN_IN_OPTIONS                                                                     \
    CFG_INT("sign_in_user_failures", 5, CFGF_NONE),                                                \
        CFG_INT("sign_in_address_failures", 20, CFGF_NONE),                                        \
        CFG_INT("sign_in_window", 900, CFGF_NONE),                                                 \
        CFG_INT("session_lifetime", 12 * 3600, CFGF_NONE),                                         \
        CFG_INT("session_idle", 2 * 3600, CFGF_NONE)

/* NULL, or a static sentence about the value that is not fit for use. */
const char *config_sign_in_read(struct config_sign_in *sign_in, cfg_t *cfg);

#endif
