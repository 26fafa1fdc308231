/* SPDX-License-Identifier: MIT */
/* Values are checked as they are copied. */
#include "supervisor/config_http.h"
#include "common/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define UPLOAD_MAX (64L * 1024 * 1024)
#define UPLOAD_QUOTA_MAX_MB 1048576
#define CONNECTIONS_MAX 100000
#define TIMEOUT_MOST_S 86400.0
#define TIMEOUT_LEAST_S 0.1
#define MUST_BE_SECONDS " must be from 0.1 to 86400 seconds"

static const char *read_proxies(struct config_http *http, cfg_t *cfg)
{
    unsigned count = cfg_size(cfg, "trusted_proxies");

    http->trusted_proxies = xcalloc(count + 1, sizeof(*http->trusted_proxies));
    for (unsigned i = 0; i < count; i++)
        if (!ip_range_parse(cfg_getnstr(cfg, "trusted_proxies", i), &http->trusted_proxies[i]))
            return "trusted_proxies must be IP addresses or ranges, such as \"127.0.0.1\" or "
                   "\"10.0.0.0/8\"";
    http->trusted_proxy_count = count;
    return NULL;
}

/* scheme://host[:port] and nothing behind it, as browsers send it. */
static bool is_origin(const char *text)
{
    const char *host = strncmp(text, "https://", 8) == 0  ? text + 8
                       : strncmp(text, "http://", 7) == 0 ? text + 7
                                                          : NULL;

    return host != NULL && *host != '\0' &&
           host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]")] == '\0';
}

static const char *read_origins(struct config_http *http, cfg_t *cfg)
{
    unsigned count = cfg_size(cfg, "cors_origins");

    http->cors_origins = xcalloc(count + 1, sizeof(*http->cors_origins));
    for (unsigned i = 0; i < count; i++) {
        const char *origin = cfg_getnstr(cfg, "cors_origins", i);
        if (!is_origin(origin))
            return "cors_origins must be origins in lower case and without a path, such as "
                   "\"https://front.example\"";
        http->cors_origins[http->cors_origin_count++] = xstrdup(origin);
    }
    return NULL;
}

static bool read_seconds(cfg_t *cfg, const char *name, unsigned *ms)
{
    double seconds = cfg_getfloat(cfg, name);

    if (!(seconds >= TIMEOUT_LEAST_S && seconds <= TIMEOUT_MOST_S))
        return false;
    *ms = (unsigned)(seconds * 1000);
    return true;
}

static bool is_within(long value, long least, long most)
{
    return value >= least && value <= most;
}

/* Begins and ends with '/', and needs no escaping anywhere. */
static bool is_base_path(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length < 200 && text[0] == '/' && text[length - 1] == '/' &&
           strstr(text, "//") == NULL &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "-._~/")] == '\0';
}

static const char *read_paths(struct config_http *http, cfg_t *cfg)
{
    http->base_path = xstrdup(cfg_getstr(cfg, "base_path"));
    http->web_root = xstrdup(cfg_getstr(cfg, "web_root"));
    return is_base_path(http->base_path)
               ? NULL
               : "base_path must begin and end with '/', such as \"/\" or \"/jobs/\"";
}

static const char *read_numbers(struct config_http *http, cfg_t *cfg)
{
    long connections = cfg_getint(cfg, "max_connections");
    long per_address = cfg_getint(cfg, "max_connections_per_address");
    long upload_max = cfg_getint(cfg, "upload_max");
    long quota_mb = cfg_getint(cfg, "upload_quota_mb");

    if (!is_within(connections, 16, CONNECTIONS_MAX))
        return "max_connections must be from 16 to 100000";
    if (!is_within(per_address, 1, CONNECTIONS_MAX))
        return "max_connections_per_address must be from 1 to 100000";
    if (!is_within(upload_max, 1024, UPLOAD_MAX))
        return "upload_max must be from 1024 to 67108864 bytes";
    if (!is_within(quota_mb, 0, UPLOAD_QUOTA_MAX_MB))
        return "upload_quota_mb must be from 0 (no limit) to 1048576";
    http->max_connections = (unsigned)connections;
    http->max_connections_per_address = (unsigned)per_address;
    http->upload_max = (size_t)upload_max;
    http->upload_quota = (size_t)quota_mb << 20;
    if (!read_seconds(cfg, "head_timeout", &http->head_timeout_ms))
        return "head_timeout" MUST_BE_SECONDS;
    if (!read_seconds(cfg, "body_timeout", &http->body_timeout_ms))
        return "body_timeout" MUST_BE_SECONDS;
    if (!read_seconds(cfg, "idle_timeout", &http->idle_timeout_ms))
        return "idle_timeout" MUST_BE_SECONDS;
    if (!read_seconds(cfg, "write_timeout", &http->write_timeout_ms))
        return "write_timeout" MUST_BE_SECONDS;
    return NULL;
}

const char *config_http_read(struct config_http *http, cfg_t *cfg)
{
    const char *why = read_proxies(http, cfg);

    if (why == NULL)
        why = read_origins(http, cfg);
    if (why == NULL)
        why = read_paths(http, cfg);
    return why != NULL ? why : read_numbers(http, cfg);
}

const char *config_http_strip(const struct config_http *http, const char *path)
{
    static const char *const probes[] = {"/healthz", "/readyz", "/metrics"};
    size_t length = strlen(http->base_path) - 1;

    if (strncmp(path, http->base_path, length) == 0 && path[length] == '/')
        return path + length;
    for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
        if (strcmp(path, probes[i]) == 0)
            return path;
    return NULL;
}

void config_http_clear(struct config_http *http)
{
    free(http->base_path);
    free(http->web_root);
    for (size_t i = 0; i < http->cors_origin_count; i++)
        free(http->cors_origins[i]);
    free(http->cors_origins);
    free(http->trusted_proxies);
}
