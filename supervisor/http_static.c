/* SPDX-License-Identifier: MIT */
/* The web console over HTTP: its files, and its first page for every address that a person may have
 * in the browser's address bar. */
#include "supervisor/app.h"
#include "supervisor/http_internal.h"
#include "supervisor/web_assets.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PAGE "/index.html"
#define CACHE_FOR_EVER "public, max-age=31536000, immutable"

/* Scripts, styles and calls from where the page itself came, nothing else and nothing inline. */
#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "               \
    "base-uri 'self'; frame-ancestors 'none'"

/* Addresses of the console have no ending; one that has names a file that is not there. */
static const struct web_asset *find(const struct web_assets *assets, const char *path)
{
    const struct web_asset *asset = web_assets_find(assets, path);
    const char *last = strrchr(path, '/');

    if (asset != NULL)
        return asset;
    if (strncmp(path, "/api/", 5) == 0 || strcmp(path, "/api") == 0 ||
        (last != NULL && strchr(last, '.') != NULL))
        return NULL;
    return web_assets_find(assets, FIRST_PAGE);
}

static void add_headers(struct http_call *call, const struct web_asset *asset,
                        enum web_encoding encoding)
{
    const char *name = web_encoding_name(encoding);

    http_set_header(call, "Content-Type", asset->content_type);
    http_set_header(call, "Cache-Control", asset->immutable ? CACHE_FOR_EVER : "no-cache");
    http_set_header(call, "ETag", asset->etag);
    http_set_header(call, "Vary", "Accept-Encoding");
    http_set_header(call, "Content-Security-Policy", PAGE_POLICY);
    if (name != NULL)
        http_set_header(call, "Content-Encoding", name);
}

/* The bytes live as long as the service. */
static void send_body(struct http_call *call, const struct web_body *body)
{
    struct evbuffer *output = evbuffer_new();

    if (output == NULL || evbuffer_add_reference(output, body->bytes, body->size, NULL, NULL) != 0)
        abort();
    http_send(call, 200, output);
    evbuffer_free(output);
}

bool http_reply_static(struct http_call *call, const char *path)
{
    const struct web_assets *assets = call->app->web_assets;
    const struct web_asset *asset = assets != NULL ? find(assets, path) : NULL;
    const char *known = http_call_header(call, "If-None-Match");
    enum web_encoding encoding;

    if (asset == NULL)
        return false;
    encoding = web_assets_choose(asset, http_call_header(call, "Accept-Encoding"));
    add_headers(call, asset, encoding);
    if (known != NULL && strstr(known, asset->etag) != NULL)
        http_send(call, 304, NULL);
    else
        send_body(call, &asset->bodies[encoding]);
    return true;
}
