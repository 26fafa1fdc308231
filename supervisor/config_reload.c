/* SPDX-License-Identifier: MIT */
/* Tables of the settings. What is looked up with each use changes at once; what was handed to a
 * part when it was made (listeners, connections to the database, limits of sign-in, the console)
 * waits for a restart. */
#include "supervisor/config_reload.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/config.h"

#include <stdlib.h>
#include <string.h>

enum kind {
    KIND_TEXT,
    KIND_FLAG,
    KIND_UNSIGNED,
    KIND_SIZE,
    KIND_GROUP,
    KIND_LEVEL,
    KIND_ORIGINS,
    KIND_PROXIES
};

struct setting {
    const char *name;
    size_t offset;
    enum kind kind;
};

#define SETTING(NAME, MEMBER, KIND)                                                                \
    {                                                                                              \
        NAME, offsetof(struct config, MEMBER), KIND                                                \
    }

static const struct setting live[] = {
    SETTING("types_dir", types_dir, KIND_TEXT),
    SETTING("task_user", task_user, KIND_TEXT),
    SETTING("drain_timeout", drain_timeout_ms, KIND_UNSIGNED),
    SETTING("disk_free_limit_mb", disk_free_limit, KIND_SIZE),
    SETTING("log_level", log_level, KIND_LEVEL),
    SETTING("trusted_proxies", http.trusted_proxies, KIND_PROXIES),
    SETTING("cors_origins", http.cors_origins, KIND_ORIGINS),
    SETTING("max_connections_per_address", http.max_connections_per_address, KIND_UNSIGNED),
    SETTING("upload_max", http.upload_max, KIND_SIZE),
    SETTING("upload_quota_mb", http.upload_quota, KIND_SIZE),
    SETTING("head_timeout", http.head_timeout_ms, KIND_UNSIGNED),
    SETTING("body_timeout", http.body_timeout_ms, KIND_UNSIGNED),
    SETTING("idle_timeout", http.idle_timeout_ms, KIND_UNSIGNED),
    SETTING("write_timeout", http.write_timeout_ms, KIND_UNSIGNED),
    SETTING("session_lifetime", sign_in.session_lifetime_s, KIND_UNSIGNED),
};

static const struct setting fixed[] = {
    SETTING("listen", listen, KIND_TEXT),
    SETTING("base_path", http.base_path, KIND_TEXT),
    SETTING("max_connections", http.max_connections, KIND_UNSIGNED),
    SETTING("sign_in_user_failures", sign_in.user_failures, KIND_UNSIGNED),
    SETTING("sign_in_address_failures", sign_in.address_failures, KIND_UNSIGNED),
    SETTING("sign_in_window", sign_in.window_s, KIND_UNSIGNED),
    SETTING("session_idle", sign_in.session_idle_s, KIND_UNSIGNED),
    SETTING("web_root", http.web_root, KIND_TEXT),
    SETTING("control_socket", control_socket, KIND_TEXT),
    SETTING("control_group", control_group, KIND_GROUP),
    SETTING("state_dir", state_dir, KIND_TEXT),
    SETTING("worker_program", worker_program, KIND_TEXT),
    SETTING("cgroup", cgroup, KIND_TEXT),
    SETTING("node", node, KIND_TEXT),
    SETTING("database.socket", database_socket, KIND_TEXT),
    SETTING("database.host", database_host, KIND_TEXT),
    SETTING("database.port", database_port, KIND_UNSIGNED),
    SETTING("database.user", database_user, KIND_TEXT),
    SETTING("database.password_file", database_password, KIND_TEXT),
    SETTING("database.name", database_name, KIND_TEXT),
    SETTING("database.tls", database_tls, KIND_FLAG),
    SETTING("database.tls_ca", database_tls_ca, KIND_TEXT),
};

#define LENGTH(TABLE) (sizeof(TABLE) / sizeof((TABLE)[0]))

_Static_assert(LENGTH(live) <= CONFIG_NAMES_MAX && LENGTH(fixed) <= CONFIG_NAMES_MAX,
               "names of all settings fit");

static const size_t kind_sizes[] = {
    [KIND_TEXT] = sizeof(char *),       [KIND_FLAG] = sizeof(bool),
    [KIND_UNSIGNED] = sizeof(unsigned), [KIND_SIZE] = sizeof(size_t),
    [KIND_GROUP] = sizeof(gid_t),       [KIND_LEVEL] = sizeof(enum log_level),
    [KIND_ORIGINS] = sizeof(char **),   [KIND_PROXIES] = sizeof(struct ip_range *),
};

/* ---- lists ---- */

static bool same_origins(const struct config_http *a, const struct config_http *b)
{
    if (a->cors_origin_count != b->cors_origin_count)
        return false;
    for (size_t i = 0; i < a->cors_origin_count; i++)
        if (strcmp(a->cors_origins[i], b->cors_origins[i]) != 0)
            return false;
    return true;
}

static bool same_proxies(const struct config_http *a, const struct config_http *b)
{
    return a->trusted_proxy_count == b->trusted_proxy_count &&
           memcmp(a->trusted_proxies, b->trusted_proxies,
                  a->trusted_proxy_count * sizeof(*a->trusted_proxies)) == 0;
}

static void swap_bytes(void *a, void *b, size_t size)
{
    char keep[sizeof(void *)];

    memcpy(keep, a, size);
    memcpy(a, b, size);
    memcpy(b, keep, size);
}

static void swap_counts(struct config_http *a, struct config_http *b, enum kind kind)
{
    if (kind == KIND_ORIGINS)
        swap_bytes(&a->cors_origin_count, &b->cors_origin_count, sizeof(a->cors_origin_count));
    if (kind == KIND_PROXIES)
        swap_bytes(&a->trusted_proxy_count, &b->trusted_proxy_count,
                   sizeof(a->trusted_proxy_count));
}

/* ---- one setting ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_same(const struct setting *setting, const struct config *a, const struct config *b)
{
    const void *in_a = (const char *)a + setting->offset, *in_b = (const char *)b + setting->offset;

    switch (setting->kind) {
    case KIND_TEXT:
        return same_text(*(char *const *)in_a, *(char *const *)in_b);
    case KIND_ORIGINS:
        return same_origins(&a->http, &b->http);
    case KIND_PROXIES:
        return same_proxies(&a->http, &b->http);
    default:
        return memcmp(in_a, in_b, kind_sizes[setting->kind]) == 0;
    }
}

static void swap(const struct setting *setting, struct config *a, struct config *b)
{
    swap_bytes((char *)a + setting->offset, (char *)b + setting->offset, kind_sizes[setting->kind]);
    swap_counts(&a->http, &b->http, setting->kind);
}

/* ---- all of them ---- */

static void log_names(enum log_level level, const char *what, const struct config_names *names)
{
    char *list = xstrdup("");

    for (size_t i = 0; i < names->count; i++) {
        char *longer = xasprintf("%s%s%s", list, i > 0 ? ", " : "", names->at[i]);
        free(list);
        list = longer;
    }
    if (names->count > 0)
        log_write(level, "%s: %s", what, list);
    free(list);
}

static void apply(struct config *config, struct config *fresh, struct config_reload *outcome)
{
    for (size_t i = 0; i < LENGTH(live); i++) {
        if (is_same(&live[i], config, fresh))
            continue;
        swap(&live[i], config, fresh);
        outcome->changed.at[outcome->changed.count++] = live[i].name;
    }
    for (size_t i = 0; i < LENGTH(fixed); i++)
        if (!is_same(&fixed[i], config, fresh))
            outcome->waiting.at[outcome->waiting.count++] = fixed[i].name;
}

void config_reload(struct config *config, struct config_reload *outcome)
{
    struct config *fresh = config_read(config->path);

    config_reload_clear(outcome);
    if (fresh == NULL) {
        outcome->fault = xstrdup(config_fault());
        log_error("the configuration is not fit for use; the one in use stays");
        return;
    }
    apply(config, fresh, outcome);
    config_free(fresh);
    log_set_level(config->log_level);
    log_names(LOG_LEVEL_INFO, "settings in use from now on", &outcome->changed);
    log_names(LOG_LEVEL_WARN, "settings that wait for a restart", &outcome->waiting);
}

void config_reload_clear(struct config_reload *outcome)
{
    free(outcome->fault);
    *outcome = (struct config_reload){0};
}
