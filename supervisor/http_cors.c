/* SPDX-License-Identifier: MIT */
/* Scripts of other origins (the CORS protocol of the WHATWG Fetch standard): only of those that the
 * configuration lists, and never with cookies. */
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/http_internal.h"

#define MAY_SEND "Authorization, Content-Type, X-Scope-OrgID, X-Base-Path, Accept-Language"
#define MAY_READ "Trace-Id, Content-Disposition, Retry-After"
#define REMEMBER_S "600"

void http_cors_add(struct http_call *call)
{
    const struct config_http *config = &call->app->config->http;
    const char *origin;

    if (config->cors_origin_count == 0 || call->listener != HTTP_PUBLIC)
        return;
    http_add_vary(call, "Origin");
    origin = http_call_header(call, "Origin");
    if (origin == NULL || !http_origin_is_listed(config, origin))
        return;
    http_set_header(call, "Access-Control-Allow-Origin", origin);
    http_set_header(call, "Access-Control-Expose-Headers", MAY_READ);
}

void http_reply_options(struct http_call *call, const char *allowed)
{
    const struct config_http *config = &call->app->config->http;
    const char *origin = http_call_header(call, "Origin");

    http_set_header(call, "Allow", allowed);
    if (call->listener == HTTP_PUBLIC && origin != NULL && http_origin_is_listed(config, origin)) {
        http_set_header(call, "Access-Control-Allow-Methods", allowed);
        http_set_header(call, "Access-Control-Allow-Headers", MAY_SEND);
        http_set_header(call, "Access-Control-Max-Age", REMEMBER_S);
    }
    http_send(call, 204, NULL);
}
