/* SPDX-License-Identifier: MIT */
/* Values are checked as they are copied. */
#include "supervisor/config_sign_in.h"

#include <stdbool.h>

#define FAILURES_MAX 1000000
#define WINDOW_MAX_S 86400
#define SESSION_MAX_S (366L * 86400)

static bool read_number(cfg_t *cfg, const char *name, long most, unsigned *number)
{
    long value = cfg_getint(cfg, name);

    if (value < 1 || value > most)
        return false;
    *number = (unsigned)value;
    return true;
}

const char *config_sign_in_read(struct config_sign_in *sign_in, cfg_t *cfg)
{
    if (!read_number(cfg, "sign_in_user_failures", FAILURES_MAX, &sign_in->user_failures))
        return "sign_in_user_failures must be from 1 to 1000000";
    if (!read_number(cfg, "sign_in_address_failures", FAILURES_MAX, &sign_in->address_failures))
        return "sign_in_address_failures must be from 1 to 1000000";
    if (!read_number(cfg, "sign_in_window", WINDOW_MAX_S, &sign_in->window_s))
        return "sign_in_window must be from 1 to 86400 seconds";
    if (!read_number(cfg, "session_lifetime", SESSION_MAX_S, &sign_in->session_lifetime_s))
        return "session_lifetime must be from 1 to 31622400 seconds";
    if (!read_number(cfg, "session_idle", SESSION_MAX_S, &sign_in->session_idle_s))
        return "session_idle must be from 1 to 31622400 seconds";
    return NULL;
}
