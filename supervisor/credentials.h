/* SPDX-License-Identifier: MIT */
/* What a request brings to say who sends it. Pure. */
#ifndef SUPERVISOR_CREDENTIALS_H
#define SUPERVISOR_CREDENTIALS_H

#include "common/id.h"
#include "supervisor/token.h"

enum credentials_kind {
    CREDENTIALS_NONE,    /* nothing; or a cookie that cannot be a session's */
    CREDENTIALS_REFUSED, /* a header that is not what it should be */
    CREDENTIALS_TOKEN
};

struct credentials {
    enum credentials_kind kind;
    char token[TOKEN_SIZE];
    char id[ID_SIZE]; /* that must go with the token (Basic), or "" */
    bool by_cookie;
};

/* `authorization`: the value of the header, or NULL; it comes before `cookie`, the session cookie's
 * value, or NULL. */
struct credentials credentials_read(const char *authorization, const char *cookie);

#endif
