/* SPDX-License-Identifier: MIT */
/* The part of the configuration that concerns HTTP. */
#ifndef SUPERVISOR_CONFIG_HTTP_H
#define SUPERVISOR_CONFIG_HTTP_H

#include "supervisor/ip_range.h"
#include <confuse.h>
#include <stddef.h>

/* The lists belong to the struct. */
struct config_http {
    struct ip_range *trusted_proxies; /* whose X-Forwarded-* headers are believed */
    size_t trusted_proxy_count;
    char **cors_origins; /* origins whose scripts may read our answers */
    size_t cors_origin_count;
    unsigned max_connections; /* of both listeners together */
    unsigned max_connections_per_address;
    size_t upload_max;         /* bytes */
    size_t upload_quota;       /* bytes that a user may keep, 0: any number */
    char *base_path;           /* "/", or what stands before every path, such as "/jobs/" */
    char *web_root;            /* where the files of the web console lie */
    unsigned head_timeout_ms;  /* from a request's first byte to the end of its
                                  headers */
    unsigned body_timeout_ms;  /* from there to the end of its body */
    unsigned idle_timeout_ms;  /* between requests */
    unsigned write_timeout_ms; /* without a byte of the answer taken by the client */
};

/* Rows for the table of options. */
#define CONFIG_HTTP_OPTIONS                                                                        \
    CFG_STR_LIST("trusted_proxies", "{}", CFGF_NONE),                                              \
        CFG_STR_LIST("cors_origins", "{}", CFGF_NONE),                                             \
        CFG_INT("max_connections", 4096, CFGF_NONE),                                               \
        CFG_INT("max_connections_per_address", 256, CFGF_NONE),                                    \
        CFG_INT("upload_max", 16 * 1024 * 1024, CFGF_NONE),                                        \
        CFG_INT("upload_quota_mb", 1024, CFGF_NONE), CFG_STR("base_path", "/", CFGF_NONE),         \
        CFG_STR("web_root", TASKYARD_WEB_ROOT, CFGF_NONE),                                         \
        CFG_FLOAT("head_timeout", 10, CFGF_NONE), CFG_FLOAT("body_timeout", 60, CFGF_NONE),        \
        CFG_FLOAT("idle_timeout", 60, CFGF_NONE), CFG_FLOAT("write_timeout", 60, CFGF_NONE)

/* NULL, or a static sentence about the value that is not fit for use. */
const char *config_http_read(struct config_http *http, cfg_t *cfg);
/* A path without the prefix, beginning with '/'. NULL if it is not below it; the addresses that
 * probes ask for stand at the top as well. */
const char *config_http_strip(const struct config_http *http, const char *path);
void config_http_clear(struct config_http *http);

#endif
