/* SPDX-License-Identifier: MIT */
/* Reads the console's files and picks encodings. */
#include "supervisor/web_assets.h"
#include "common/fd_util.h"
#include "common/hex.h"
#include "common/log.h"
#include "common/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define FILE_MAX (16 * 1024 * 1024) /* bytes */
#define ASSETS_MAX 4096
#define DEPTH_MAX 8
#define ETAG_BYTES 16 /* of the SHA-256 */
#define BASE_ELEMENT "<base href=\"/\""

struct web_assets {
    struct web_asset *all; /* sorted by path once everything is read */
    size_t count;
};

static const struct {
    const char *ending, *content_type;
} types[] = {{".html", "text/html; charset=utf-8"},
             {".js", "text/javascript; charset=utf-8"},
             {".css", "text/css; charset=utf-8"},
             {".json", "application/json"},
             {".svg", "image/svg+xml"},
             {".png", "image/png"},
             {".ico", "image/x-icon"},
             {".woff2", "font/woff2"},
             {".txt", "text/plain; charset=utf-8"},
             {".webmanifest", "application/manifest+json"}};

static const char *const endings[WEB_ENCODINGS] = {".br", ".gz", ""};

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), ending_length = strlen(ending);

    return length > ending_length && strcmp(text + length - ending_length, ending) == 0;
}

static const char *content_type(const char *path)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (ends_with(path, types[i].ending))
            return types[i].content_type;
    return "application/octet-stream";
}

static void name_etag(struct web_asset *asset)
{
    const struct web_body *body = &asset->bodies[WEB_IDENTITY];
    unsigned char hash[SHA256_DIGEST_LENGTH];
    char digits[2 * ETAG_BYTES + 1];

    SHA256(body->bytes, body->size, hash);
    hex_write(digits, hash, ETAG_BYTES);
    snprintf(asset->etag, sizeof(asset->etag), "\"%s\"", digits);
}

/* ---- reading ---- */

static bool read_body(const char *file, struct web_body *body)
{
    size_t size;
    char *bytes = fd_read_file(file, FILE_MAX, &size);

    if (bytes == NULL)
        return false;
    body->bytes = (unsigned char *)bytes;
    body->size = size;
    return true;
}

static bool add_asset(struct web_assets *assets, const char *file, const char *path)
{
    struct web_asset *asset;

    if (assets->count == ASSETS_MAX) {
        log_error("%s: more than %d files", file, ASSETS_MAX);
        return false;
    }
    assets->all = xrealloc(assets->all, assets->count + 1, sizeof(*assets->all));
    asset = &assets->all[assets->count++];
    *asset = (struct web_asset){.path = xstrdup(path),
                                .content_type = content_type(path),
                                .immutable = strncmp(path, "/assets/", 8) == 0};
    for (int i = 0; i < WEB_ENCODINGS; i++) {
        char *encoded = xasprintf("%s%s", file, endings[i]);
        bool found = read_body(encoded, &asset->bodies[i]);
        free(encoded);
        if (!found && i == WEB_IDENTITY) {
            log_error("cannot read %s: %s", file, strerror(errno));
            return false;
        }
    }
    name_etag(asset);
    return true;
}

static bool read_directory(struct web_assets *assets, const char *directory, const char *path,
                           int depth);

static bool read_entry(struct web_assets *assets, const char *directory, const char *path,
                       const char *name, int depth)
{
    char *file = xasprintf("%s/%s", directory, name), *below = xasprintf("%s/%s", path, name);
    struct stat info;
    bool good = true;

    if (name[0] != '.' && stat(file, &info) == 0) {
        if (S_ISDIR(info.st_mode) && depth < DEPTH_MAX)
            good = read_directory(assets, file, below, depth + 1);
        else if (S_ISREG(info.st_mode) && !ends_with(name, ".br") && !ends_with(name, ".gz"))
            good = add_asset(assets, file, below);
    }
    free(file);
    free(below);
    return good;
}

static bool read_directory(struct web_assets *assets, const char *directory, const char *path,
                           int depth)
{
    DIR *dir = opendir(directory);
    struct dirent *entry;
    bool good = dir != NULL;

    if (dir == NULL)
        log_info("there is no web console at %s: %s", directory, strerror(errno));
    while (good && (entry = readdir(dir)) != NULL)
        good = read_entry(assets, directory, path, entry->d_name, depth);
    if (dir != NULL)
        closedir(dir);
    return good;
}

static int by_path(const void *a, const void *b)
{
    const struct web_asset *left = a, *right = b;

    return strcmp(left->path, right->path);
}

/* ---- the prefix ---- */

/* Replaces the address of <base>; the encodings made before no longer fit then. */
static bool set_base(struct web_asset *index, const char *base_path)
{
    struct web_body *body = &index->bodies[WEB_IDENTITY];
    char *text = xstrndup((const char *)body->bytes, body->size), *at, *changed;

    at = strstr(text, BASE_ELEMENT);
    if (at == NULL) {
        log_error("index.html of the web console has no " BASE_ELEMENT ">");
        free(text);
        return false;
    }
    *at = '\0';
    changed = xasprintf("%s<base href=\"%s\"%s", text, base_path, at + strlen(BASE_ELEMENT));
    free(text);
    for (int i = 0; i < WEB_ENCODINGS; i++) {
        free(index->bodies[i].bytes);
        index->bodies[i] = (struct web_body){.bytes = NULL};
    }
    body->bytes = (unsigned char *)changed;
    body->size = strlen(changed);
    name_etag(index);
    return true;
}

struct web_assets *web_assets_read(const char *directory, const char *base_path)
{
    struct web_assets *assets = xcalloc(1, sizeof(*assets));
    struct web_asset *index = NULL;

    if (read_directory(assets, directory, "", 0)) {
        qsort(assets->all, assets->count, sizeof(*assets->all), by_path);
        index = (struct web_asset *)web_assets_find(assets, "/index.html");
        if (index == NULL)
            log_error("the web console at %s has no index.html", directory);
    }
    if (index == NULL || (strcmp(base_path, "/") != 0 && !set_base(index, base_path))) {
        web_assets_free(assets);
        return NULL;
    }
    return assets;
}

void web_assets_free(struct web_assets *assets)
{
    if (assets == NULL)
        return;
    for (size_t i = 0; i < assets->count; i++) {
        free(assets->all[i].path);
        for (int j = 0; j < WEB_ENCODINGS; j++)
            free(assets->all[i].bodies[j].bytes);
    }
    free(assets->all);
    free(assets);
}

const struct web_asset *web_assets_find(const struct web_assets *assets, const char *path)
{
    struct web_asset wanted = {.path = (char *)path};

    if (assets->count == 0)
        return NULL;
    return bsearch(&wanted, assets->all, assets->count, sizeof(*assets->all), by_path);
}

/* ---- encodings ---- */

const char *web_encoding_name(enum web_encoding encoding)
{
    return encoding == WEB_BROTLI ? "br" : encoding == WEB_GZIP ? "gzip" : NULL;
}

/* Is `q=0` (or 0.0, ...) among the parameters of one element? */
static bool is_refused(const char *parameters, size_t length)
{
    const char *q = memchr(parameters, '=', length);

    return q != NULL && strtod(q + 1, NULL) <= 0;
}

/* Whether the list names the coding, or "*" in its place, with a weight above zero. */
static bool allows(const char *accepted, const char *name)
{
    while (*accepted != '\0') {
        size_t length, token;

        accepted += strspn(accepted, " \t,");
        length = strcspn(accepted, ",");
        token = strcspn(accepted, ",; \t");
        if ((token == strlen(name) && strncasecmp(accepted, name, token) == 0) ||
            (token == 1 && *accepted == '*'))
            return !is_refused(accepted + token, length - token);
        accepted += length;
    }
    return false;
}

enum web_encoding web_assets_choose(const struct web_asset *asset, const char *accepted)
{
    for (enum web_encoding i = WEB_BROTLI; accepted != NULL && i < WEB_IDENTITY; i++)
        if (asset->bodies[i].bytes != NULL && allows(accepted, web_encoding_name(i)))
            return i;
    return WEB_IDENTITY;
}
