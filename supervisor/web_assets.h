/* SPDX-License-Identifier: MIT */
/* The files of the web console, read into memory once at start: what is served never changes under
 * a browser, and no disk is touched on the loop. */
#ifndef SUPERVISOR_WEB_ASSETS_H
#define SUPERVISOR_WEB_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

/* In the order of preference. */
enum web_encoding { WEB_BROTLI, WEB_GZIP, WEB_IDENTITY, WEB_ENCODINGS };

struct web_body {
    unsigned char *bytes; /* NULL: not there in this encoding */
    size_t size;
};

struct web_asset {
    char *path;               /* below the directory, with '/' in front: "/assets/app-1f3c.js" */
    const char *content_type; /* by the ending of the path */
    char etag[40];            /* quoted; of the plain bytes */
    bool immutable;           /* its name changes with its bytes: below /assets/ */
    struct web_body bodies[WEB_ENCODINGS];
};

struct web_assets;

/* Every regular file below the directory; FILE.br and FILE.gz are encodings of FILE. `base_path`
 * ("/", or "/jobs/") is written into index.html, where <base href="/"> stands. NULL, with the
 * reason logged, if there is no console or it is not fit for use. */
struct web_assets *web_assets_read(const char *directory, const char *base_path);
void web_assets_free(struct web_assets *assets); /* NULL is fine */

/* NULL if there is none of that path. */
const struct web_asset *web_assets_find(const struct web_assets *assets, const char *path);

/* The best encoding that the header Accept-Encoding (RFC 9110, section 12.5.3; NULL: absent) allows
 * and the asset has. */
enum web_encoding web_assets_choose(const struct web_asset *asset, const char *accepted);
/* For the header Content-Encoding; NULL for WEB_IDENTITY. */
const char *web_encoding_name(enum web_encoding encoding);

#endif
