/* SPDX-License-Identifier: MIT */
/* Reads the configuration with libConfuse, and what lies in conf.d beside it; every fault is logged
 * with file and line, and ends in NULL. */
#include "supervisor/config.h"
#include "common/fd_util.h"
#include "common/xalloc.h"
#include "supervisor/config_place.h"
#include "supervisor/config_text.h"
#include "supervisor/ip_range.h"

#include <confuse.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PASSWORD_FILE_MAX 1024
#define DRAIN_MAX_S (24L * 3600)
#define DISK_FREE_LIMIT_MAX_MB 1048576L
#define NODE_MAX 255 /* bytes: its columns take as many characters */

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
                              CFG_STR("types_dir", TASKYARD_TYPES_DIR, CFGF_NONE),
                              CFG_STR("task_user", "", CFGF_NONE),
                              CFG_STR("worker_program", TASKYARD_WORKER_PROGRAM, CFGF_NONE),
                              CFG_STR("node", "", CFGF_NONE),
                              CFG_INT("drain_timeout", 30, CFGF_NONE),
                              CFG_INT("disk_free_limit_mb", 64, CFGF_NONE),
                              CFG_STR("log_level", "info", CFGF_NONE),
                              CFG_STR("cgroup", "auto", CFGF_NONE),
                              CONFIG_HTTP_OPTIONS,
                              CONFIG_SIGN_IN_OPTIONS,
                              CFG_SEC("database", database_options, CFGF_NONE),
                              CFG_END()};

static char *last_fault; /* libConfuse hands its reports no pointer of ours */

__attribute__((format(printf, 1, 2))) static bool fault(const char *format, ...)
{
    va_list arguments;

    free(last_fault);
    va_start(arguments, format);
    last_fault = xvasprintf(format, arguments);
    va_end(arguments);
    log_error("%s", last_fault);
    return false;
}

/* The reason begins with the setting's name. */
static bool refuse(const char *path, const char *reason)
{
    const char *place = config_place_of(reason);

    return fault("%s: %s", place != NULL ? place : path, reason);
}

const char *config_fault(void)
{
    return last_fault;
}

static void report_cb(cfg_t *cfg, const char *format, va_list arguments)
{
    char *reason = xvasprintf(format, arguments);

    fault("%s:%d: %s", config_text_path(), cfg->line, reason);
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
    struct ip_address address;

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
    else if (memchr(config->listen, ':', (size_t)(colon - config->listen)) == NULL)
        config->listen_address = xstrndup(config->listen, (size_t)(colon - config->listen));
    else
        return false; /* an IPv6 address without brackets: its end could be a port as well */
    return ip_address_parse(config->listen_address, &address);
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

static bool refuse_password(const char *path, char *reason)
{
    refuse(path, reason);
    free(reason);
    return false;
}

static bool read_password(struct config *config, const char *path, const char *file)
{
    size_t size;
    struct stat info;

    if (file[0] == '\0')
        return true;
    if (stat(file, &info) == 0 && (info.st_mode & S_IRWXO) != 0)
        return refuse_password(path, xasprintf("database.password_file: %s can be read by "
                                               "everybody; take the rights of others away (chmod "
                                               "o= %s)",
                                               file, file));
    config->database_password = fd_read_file(file, PASSWORD_FILE_MAX, &size);
    if (config->database_password == NULL)
        return refuse_password(
            path, xasprintf("database.password_file: cannot read %s: %s", file, strerror(errno)));
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
    config->task_user = text_or_null(cfg, "task_user");
    config->worker_program = text_or_null(cfg, "worker_program");
    config->node = text_or_null(cfg, "node");
    if (config->node == NULL)
        config->node = xstrndup(host, 64);
    config->cgroup = text_or_null(cfg, "cgroup");
    config->drain_timeout_ms = (unsigned)cfg_getint(cfg, "drain_timeout") * 1000;
    config->disk_free_limit = (size_t)cfg_getint(cfg, "disk_free_limit_mb") << 20;
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

static bool is_cgroup_choice(const char *text)
{
    return text != NULL &&
           (text[0] == '/' || strcmp(text, "auto") == 0 || strcmp(text, "off") == 0);
}

static bool is_absolute(const char *path)
{
    return path != NULL && path[0] == '/';
}

static bool check_database(struct config *config, cfg_t *database, const char *path)
{
    long port = cfg_getint(database, "port");

    if (config->database_name == NULL ||
        (config->database_socket == NULL && config->database_host == NULL))
        return refuse(path, "database needs a name and a socket or a host");
    if (port < 1 || port > 65535)
        return refuse(path, "database.port must be from 1 to 65535");
    return read_password(config, path, cfg_getstr(database, "password_file"));
}

static bool check_values(struct config *config, cfg_t *cfg, const char *path)
{
    long drain = cfg_getint(cfg, "drain_timeout");
    long disk_free = cfg_getint(cfg, "disk_free_limit_mb");
    const char *http_fault = config_http_read(&config->http, cfg);
    const char *sign_in_fault = config_sign_in_read(&config->sign_in, cfg);

    if (!is_absolute(config->state_dir))
        return refuse(path, "state_dir must be an absolute path");
    if (!is_absolute(config->types_dir))
        return refuse(path, "types_dir must be an absolute path");
    if (!is_absolute(config->worker_program))
        return refuse(path, "worker_program must be an absolute path");
    if (!is_absolute(config->control_socket))
        return refuse(path, "control_socket must be an absolute path");
    if (strlen(config->control_socket) >= sizeof(((struct sockaddr_un *)0)->sun_path))
        return refuse(path,
                      "control_socket: the path is longer than a unix socket's can be (107 bytes)");
    if (!is_cgroup_choice(config->cgroup))
        return refuse(path, "cgroup must be auto, off or the absolute path of a directory");
    if (!split_listen(config))
        return refuse(path, "listen must be an IP address and a port, such as \"127.0.0.1:8080\", "
                            "or \"\" for no public listener");
    if (http_fault != NULL || sign_in_fault != NULL)
        return refuse(path, http_fault != NULL ? http_fault : sign_in_fault);
    if (drain < 0 || drain > DRAIN_MAX_S)
        return refuse(path, "drain_timeout must be from 0 to 86400 seconds");
    if (disk_free < 0 || disk_free > DISK_FREE_LIMIT_MAX_MB)
        return refuse(path, "disk_free_limit_mb must be from 0 (no limit) to 1048576");
    if (!log_level_parse(cfg_getstr(cfg, "log_level"), &config->log_level))
        return refuse(path, "log_level must be debug, info, warn or error");
    if (!find_group(config, cfg_getstr(cfg, "control_group")))
        return refuse(path, "control_group: there is no such group");
    if (strlen(config->node) > NODE_MAX)
        return refuse(path, "node must be a name of at most 255 bytes");
    return check_database(config, cfg_getsec(cfg, "database"), path);
}

/* ---- files ---- */

static bool parse_file(cfg_t *cfg, const char *path)
{
    int outcome;

    errno = 0;
    outcome = config_text_parse(cfg, path);
    if (outcome == CFG_FILE_ERROR)
        fault("cannot read the configuration %s: %s", path, strerror(errno));
    return outcome == CFG_SUCCESS;
}

static int is_config(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".conf") == 0;
}

/* In the order of their names; a later value wins. That there is no such directory is fine. */
static bool parse_directory(cfg_t *cfg, const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_config, alphasort);
    bool good = true;

    if (count < 0)
        return errno == ENOENT ||
               fault("cannot read the directory %s: %s", directory, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", directory, entries[i]->d_name);
        good = good && parse_file(cfg, path);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return good;
}

static bool parse(cfg_t *cfg, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = xasprintf("%.*sconf.d", slash != NULL ? (int)(slash - path) + 1 : 0, path);
    bool good = parse_file(cfg, path) && parse_directory(cfg, directory);

    free(directory);
    return good;
}

struct config *config_read(const char *path)
{
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    struct config *config = xcalloc(1, sizeof(*config));
    bool good;

    if (cfg == NULL)
        abort();
    cfg_set_error_function(cfg, report_cb);
    config_place_watch(cfg);
    config->path = xstrdup(path);
    good = parse(cfg, path);
    if (good)
        copy_values(config, cfg);
    if (!good || !check_values(config, cfg, path)) {
        config_free(config);
        config = NULL;
    }
    config_place_forget();
    cfg_free(cfg);
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    free(config->path);
    free(config->listen);
    free(config->listen_address);
    free(config->control_socket);
    free(config->state_dir);
    free(config->types_dir);
    free(config->task_user);
    free(config->worker_program);
    free(config->node);
    free(config->cgroup);
    free(config->database_socket);
    free(config->database_host);
    free(config->database_user);
    if (config->database_password != NULL)
        explicit_bzero(config->database_password, strlen(config->database_password));
    free(config->database_password);
    free(config->database_name);
    free(config->database_tls_ca);
    config_http_clear(&config->http);
    free(config);
}
