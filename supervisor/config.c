/* SPDX-License-Identifier: MIT */
/* Reads the configuration with libConfuse; every fault is logged with file and line, and ends in
 * NULL. */
#include "supervisor/config.h"
#include "common/fd_util.h"
#include "common/xalloc.h"

#include <confuse.h>
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PASSWORD_FILE_MAX 1024
#define DRAIN_MAX_S (24L * 3600)

static cfg_opt_t database_options[] = {CFG_STR("socket", "/run/taskyard/database.sock", CFGF_NONE),
                                       CFG_STR("host", "", CFGF_NONE),
                                       CFG_INT("port", 3306, CFGF_NONE),
                                       CFG_STR("user", "", CFGF_NONE),
                                       CFG_STR("password_file", "", CFGF_NONE),
                                       CFG_STR("name", "taskyard", CFGF_NONE),
                                       CFG_BOOL("tls", cfg_false, CFGF_NONE),
                                       CFG_STR("tls_ca", "", CFGF_NONE),
                                       CFG_END()};

static cfg_opt_t options[] = {CFG_STR("listen", "127.0.0.1:8080", CFGF_NONE),
                              CFG_STR("control_socket", "/run/taskyard/control.sock", CFGF_NONE),
                              CFG_STR("control_group", "", CFGF_NONE),
                              CFG_STR("state_dir", "/var/lib/taskyard", CFGF_NONE),
                              CFG_STR("types_dir", "/etc/taskyard/types.d", CFGF_NONE),
                              CFG_STR("worker_program", TASKYARD_WORKER_PROGRAM, CFGF_NONE),
                              CFG_STR("node", "", CFGF_NONE),
                              CFG_INT("drain_timeout", 30, CFGF_NONE),
                              CFG_STR("log_level", "info", CFGF_NONE),
                              CFG_SEC("database", database_options, CFGF_NONE),
                              CFG_END()};

static void report_cb(cfg_t *cfg, const char *format, va_list arguments)
{
    char *reason = xvasprintf(format, arguments);

    log_error("%s:%d: %s", cfg->filename != NULL ? cfg->filename : "?", cfg->line, reason);
    free(reason);
}

static char *text_or_null(cfg_t *cfg, const char *name)
{
    const char *text = cfg_getstr(cfg, name);

    return text != NULL && text[0] != '\0' ? xstrdup(text) : NULL;
}

/* "ADDR:PORT" or "[ADDR]:PORT" */
static bool split_listen(struct config *config)
{
    char *colon, *end;
    unsigned long port;

    if (config->listen == NULL)
        return true;
    colon = strrchr(config->listen, ':');
    if (colon == NULL || colon == config->listen)
        return false;
    port = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || end == colon + 1 || port > 65535)
        return false;
    config->listen_port = (unsigned)port;
    if (config->listen[0] == '[' && colon[-1] == ']')
        config->listen_address = xstrndup(config->listen + 1, (size_t)(colon - config->listen) - 2);
    else
        config->listen_address = xstrndup(config->listen, (size_t)(colon - config->listen));
    return true;
}

static bool find_group(struct config *config, const char *name)
{
    struct group *group;

    config->control_group = (gid_t)-1;
    if (name[0] == '\0')
        return true;
    group = getgrnam(name);
    if (group != NULL)
        config->control_group = group->gr_gid;
    return group != NULL;
}

static bool read_password(struct config *config, const char *path)
{
    size_t size;
    struct stat info;

    if (path[0] == '\0')
        return true;
    if (stat(path, &info) == 0 && (info.st_mode & S_IRWXO) != 0) {
        log_error("database.password_file: %s can be read by everybody; take the rights of others "
                  "away (chmod o= %s)",
                  path, path);
        return false;
    }
    config->database_password = fd_read_file(path, PASSWORD_FILE_MAX, &size);
    if (config->database_password == NULL) {
        log_error("database.password_file: cannot read %s: %s", path, strerror(errno));
        return false;
    }
    config->database_password[strcspn(config->database_password, "\r\n")] = '\0';
    return true;
}

static void copy_values(struct config *config, cfg_t *cfg)
{
    cfg_t *database = cfg_getsec(cfg, "database");
    char host[256] = "localhost";

    gethostname(host, sizeof(host) - 1);
    config->listen = text_or_null(cfg, "listen");
    config->control_socket = text_or_null(cfg, "control_socket");
    config->state_dir = text_or_null(cfg, "state_dir");
    config->types_dir = text_or_null(cfg, "types_dir");
    config->worker_program = text_or_null(cfg, "worker_program");
    config->node = text_or_null(cfg, "node");
    if (config->node == NULL)
        config->node = xstrndup(host, 64);
    config->drain_timeout_ms = (unsigned)cfg_getint(cfg, "drain_timeout") * 1000;
    config->database_socket = text_or_null(database, "socket");
    config->database_host = text_or_null(database, "host");
    if (config->database_host != NULL) {
        free(config->database_socket);
        config->database_socket = NULL;
    }
    config->database_port = (unsigned)cfg_getint(database, "port");
    config->database_user = text_or_null(database, "user");
    config->database_name = text_or_null(database, "name");
    config->database_tls = cfg_getbool(database, "tls") == cfg_true;
    config->database_tls_ca = text_or_null(database, "tls_ca");
}

static bool fail(const char *path, const char *reason)
{
    log_error("%s: %s", path, reason);
    return false;
}

static bool check_values(struct config *config, cfg_t *cfg, const char *path)
{
    long drain = cfg_getint(cfg, "drain_timeout");
    const char *absolute[] = {config->state_dir, config->types_dir, config->worker_program,
                              config->control_socket};

    for (size_t i = 0; i < sizeof(absolute) / sizeof(absolute[0]); i++)
        if (absolute[i] == NULL || absolute[i][0] != '/')
            return fail(
                path,
                "state_dir, types_dir, worker_program and control_socket must be absolute paths");
    if (strlen(config->control_socket) >= sizeof(((struct sockaddr_un *)0)->sun_path))
        return fail(path,
                    "control_socket: the path is longer than a unix socket's can be (107 bytes)");
    if (!split_listen(config))
        return fail(path, "listen must be ADDRESS:PORT, or \"\" for no public listener");
    if (drain < 0 || drain > DRAIN_MAX_S)
        return fail(path, "drain_timeout must be from 0 to 86400 seconds");
    if (!log_level_parse(cfg_getstr(cfg, "log_level"), &config->log_level))
        return fail(path, "log_level must be debug, info, warn or error");
    if (!find_group(config, cfg_getstr(cfg, "control_group")))
        return fail(path, "control_group: there is no such group");
    if (config->database_name == NULL ||
        (config->database_socket == NULL && config->database_host == NULL))
        return fail(path, "database needs a name and a socket or a host");
    return read_password(config, cfg_getstr(cfg_getsec(cfg, "database"), "password_file"));
}

struct config *config_read(const char *path)
{
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    struct config *config = xcalloc(1, sizeof(*config));
    int outcome;

    if (cfg == NULL)
        abort();
    cfg_set_error_function(cfg, report_cb);
    errno = 0;
    outcome = cfg_parse(cfg, path);
    if (outcome == CFG_FILE_ERROR)
        log_error("cannot read the configuration %s: %s", path, strerror(errno));
    if (outcome == CFG_SUCCESS)
        copy_values(config, cfg);
    if (outcome != CFG_SUCCESS || !check_values(config, cfg, path)) {
        config_free(config);
        config = NULL;
    }
    cfg_free(cfg);
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    free(config->listen);
    free(config->listen_address);
    free(config->control_socket);
    free(config->state_dir);
    free(config->types_dir);
    free(config->worker_program);
    free(config->node);
    free(config->database_socket);
    free(config->database_host);
    free(config->database_user);
    if (config->database_password != NULL)
        explicit_bzero(config->database_password, strlen(config->database_password));
    free(config->database_password);
    free(config->database_name);
    free(config->database_tls_ca);
    free(config);
}
