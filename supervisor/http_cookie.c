/* SPDX-License-Identifier: MIT */
/* The session cookie, in both directions. */
#include "supervisor/http_internal.h"
#include "common/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Over HTTPS only the cookie counts that nobody but this host can have set (its prefix, __Host-).
 */
static const char *cookie_name(const struct http_call *call)
{
    return call->client.is_https ? HTTP_SECURE_SESSION_COOKIE : HTTP_SESSION_COOKIE;
}

/* The value of the first cookie of that name; *after is what follows it. NULL: there is none. */
static char *find_cookie(const char *header, const char *name, const char **after)
{
    size_t length = strlen(name);
    char *value = NULL;

    while (value == NULL && header != NULL) {
        header += strspn(header, " ");
        if (strncmp(header, name, length) == 0 && header[length] == '=')
            value = xstrndup(&header[length + 1], strcspn(&header[length + 1], "; "));
        header = strchr(header, ';');
        if (header != NULL)
            header++;
    }
    *after = header;
    return value;
}

/* RFC 6265, section 5.4: name=value pairs, separated by "; ". Of two nobody knows which is ours. */
const char *http_call_cookie(struct http_call *call)
{
    const char *after;
    char *second;

    if (call->cookie != NULL)
        return call->cookie;
    call->cookie = find_cookie(http_call_header(call, "Cookie"), cookie_name(call), &after);
    second = find_cookie(after, cookie_name(call), &after);
    if (second != NULL) {
        free(call->cookie);
        call->cookie = NULL;
    }
    free(second);
    return call->cookie;
}

void http_call_set_cookie(struct http_call *call, const char *token, long max_age_s)
{
    char *cookie =
        xasprintf("%s=%s; Path=/; Max-Age=%ld; HttpOnly; SameSite=Lax%s", cookie_name(call), token,
                  max_age_s, call->client.is_https ? "; Secure" : "");

    http_set_header(call, "Set-Cookie", cookie);
    explicit_bzero(cookie, strlen(cookie));
    free(cookie);
}
