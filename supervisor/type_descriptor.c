/* SPDX-License-Identifier: MIT */
/* Reads type descriptors with libConfuse. A wrong one is reported with file, line and reason and
 * left out. */
#include "supervisor/type.h"
#include "common/attempt_cause.h"
#include "common/log.h"
#include "common/task.h"
#include "common/xalloc.h"
#include "supervisor/config_text.h"
#include "supervisor/type_create.h"

#include <confuse.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS_MAX (366L * 24 * 3600)
#define RETRIES_MAX 1000
#define NUMBER_MAX 1000000000L

/* libConfuse hands its errors to a function without an argument of ours; descriptors are read one
 * file at a time. */
static struct type_registry *reading;

static void report_cb(cfg_t *cfg, const char *format, va_list arguments)
{
    char *reason = xvasprintf(format, arguments);

    type_registry_problem(reading, "%s:%d: %s",
                          cfg != NULL && cfg->filename != NULL ? cfg->filename : "?",
                          cfg != NULL ? cfg->line : 0, reason);
    free(reason);
}

static int in_range_cb(cfg_t *cfg, cfg_opt_t *option)
{
    long value = cfg_opt_getnint(option, cfg_opt_size(option) - 1);
    long most = strcmp(option->name, "max_retries") == 0 ? RETRIES_MAX
                : strstr(option->name, "memory") != NULL ||
                        strstr(option->name, "processes") != NULL ||
                        strstr(option->name, "open_files") != NULL ||
                        strstr(option->name, "file_size") != NULL
                    ? NUMBER_MAX
                    : SECONDS_MAX;

    if (value >= 0 && value <= most)
        return 0;
    cfg_error(cfg, "%s must be from 0 to %ld, not %ld", option->name, most, value);
    return -1;
}

static int seconds_cb(cfg_t *cfg, cfg_opt_t *option)
{
    double value = cfg_opt_getnfloat(option, cfg_opt_size(option) - 1);

    if (value >= 0 && value <= (double)SECONDS_MAX)
        return 0;
    cfg_error(cfg, "%s must be from 0 to %ld seconds", option->name, SECONDS_MAX);
    return -1;
}

static int one_of(cfg_t *cfg, cfg_opt_t *option, const char *first, const char *second)
{
    const char *value = cfg_opt_getnstr(option, cfg_opt_size(option) - 1);

    if (strcmp(value, first) == 0 || strcmp(value, second) == 0)
        return 0;
    cfg_error(cfg, "%s must be %s or %s, not \"%s\"", option->name, first, second, value);
    return -1;
}

/* Every section names its runner, so this is also where the section's line is noted for later
 * messages. */
static int runner_cb(cfg_t *cfg, cfg_opt_t *option)
{
    cfg_setint(cfg, "source_line", cfg->line);
    return one_of(cfg, option, "plugin", "command");
}

static int on_interrupt_cb(cfg_t *cfg, cfg_opt_t *option)
{
    return one_of(cfg, option, "requeue", "fail");
}

static int network_cb(cfg_t *cfg, cfg_opt_t *option)
{
    return one_of(cfg, option, "host", "none");
}

static int retry_on_cb(cfg_t *cfg, cfg_opt_t *option)
{
    const char *name = cfg_opt_getnstr(option, cfg_opt_size(option) - 1);
    enum attempt_cause cause;

    if (attempt_cause_parse(name, &cause) && (CAUSES_RETRYABLE & CAUSE_BIT(cause)) != 0)
        return 0;
    cfg_error(cfg,
              "retry_on: \"%s\" is no failure that is tried again; these are: error, exit, signal, "
              "start, timeout, stall, protocol, result, cpu_limit, file_size_limit, memory",
              name);
    return -1;
}

static int environment_cb(cfg_t *cfg, cfg_opt_t *option)
{
    const char *pair = cfg_opt_getnstr(option, cfg_opt_size(option) - 1);
    const char *equals = strchr(pair, '=');

    if (equals == NULL || equals == pair) {
        cfg_error(cfg, "environment needs \"NAME=value\", not \"%s\"", pair);
        return -1;
    }
    if (strncmp(pair, "TASKYARD_", 9) == 0) {
        cfg_error(cfg, "environment: names that begin with TASKYARD_ are set by Taskyard itself");
        return -1;
    }
    return 0;
}

static cfg_opt_t limit_options[] = {
    CFG_INT("memory_mb", 0, CFGF_NONE),    CFG_INT("cpu_seconds", 0, CFGF_NONE),
    CFG_INT("processes", 0, CFGF_NONE),    CFG_INT("open_files", 0, CFGF_NONE),
    CFG_INT("file_size_mb", 0, CFGF_NONE), CFG_END()};

static cfg_opt_t type_options[] = {CFG_STR("runner", NULL, CFGF_NODEFAULT),
                                   CFG_STR("plugin", NULL, CFGF_NODEFAULT),
                                   CFG_STR_LIST("command", NULL, CFGF_NODEFAULT),
                                   CFG_STR_LIST("environment", NULL, CFGF_NODEFAULT),
                                   CFG_STR("user", "", CFGF_NONE),
                                   CFG_INT("max_retries", 0, CFGF_NONE),
                                   CFG_FLOAT("backoff", 2, CFGF_NONE),
                                   CFG_FLOAT("backoff_max", 300, CFGF_NONE),
                                   CFG_FLOAT("timeout", 0, CFGF_NONE),
                                   CFG_FLOAT("stall_timeout", 0, CFGF_NONE),
                                   CFG_FLOAT("grace", 10, CFGF_NONE),
                                   CFG_STR("on_interrupt", "requeue", CFGF_NONE),
                                   CFG_STR_LIST("retry_on", NULL, CFGF_NODEFAULT),
                                   CFG_SEC("limits", limit_options, CFGF_NONE),
                                   CFG_STR("network", "host", CFGF_NONE),
                                   CFG_BOOL("read_only", cfg_false, CFGF_NONE),
                                   CFG_SEC("create", type_create_options, CFGF_MULTI),
                                   CFG_INT("source_line", 0, CFGF_NONE), /* written by runner_cb */
                                   CFG_END()};

static cfg_opt_t file_options[] = {
    CFG_SEC("type", type_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES), CFG_END()};

static cfg_t *new_parser(void)
{
    static const char *const ranged[] = {"type|max_retries",        "type|limits|memory_mb",
                                         "type|limits|cpu_seconds", "type|limits|processes",
                                         "type|limits|open_files",  "type|limits|file_size_mb"};
    static const char *const seconds[] = {"type|backoff", "type|backoff_max", "type|timeout",
                                          "type|stall_timeout", "type|grace"};
    cfg_t *cfg = cfg_init(file_options, CFGF_NONE);

    if (cfg == NULL)
        abort();
    cfg_set_error_function(cfg, report_cb);
    for (size_t i = 0; i < sizeof(ranged) / sizeof(ranged[0]); i++)
        cfg_set_validate_func(cfg, ranged[i], in_range_cb);
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
        cfg_set_validate_func(cfg, seconds[i], seconds_cb);
    cfg_set_validate_func(cfg, "type|runner", runner_cb);
    cfg_set_validate_func(cfg, "type|on_interrupt", on_interrupt_cb);
    cfg_set_validate_func(cfg, "type|network", network_cb);
    cfg_set_validate_func(cfg, "type|retry_on", retry_on_cb);
    cfg_set_validate_func(cfg, "type|environment", environment_cb);
    type_create_watch(cfg, "type|create");
    return cfg;
}

static bool name_is_good(const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || length > TASK_TYPE_MAX)
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
           length;
}

/* The reason why a section cannot be a type, or NULL. */
static const char *find_fault(cfg_t *section)
{
    const char *runner = cfg_getstr(section, "runner");
    const char *plugin = cfg_getstr(section, "plugin");
    unsigned arguments = cfg_size(section, "command");

    if (!name_is_good(cfg_title(section)))
        return "a type's name has 1 to 64 letters, digits, '_', '.' or '-'";
    if (runner == NULL)
        return "runner is missing: say runner = plugin or runner = command";
    if (strcmp(runner, "plugin") == 0) {
        if (arguments > 0)
            return "a plugin has no command";
        if (plugin == NULL || plugin[0] != '/')
            return "plugin must be the absolute path of a shared object";
        return access(plugin, R_OK) == 0 ? NULL : "the plugin cannot be read";
    }
    if (plugin != NULL)
        return "runner = command does not go with plugin = ...";
    if (arguments == 0 || cfg_getnstr(section, "command", 0)[0] != '/')
        return "command must be a list whose first word is the absolute path of a program";
    if (cfg_getfloat(section, "backoff") > cfg_getfloat(section, "backoff_max"))
        return "backoff is larger than backoff_max";
    return NULL;
}

static unsigned milliseconds(cfg_t *section, const char *name)
{
    double value = cfg_getfloat(section, name) * 1000;

    return value > UINT_MAX / 2 ? UINT_MAX / 2 : (unsigned)value;
}

/* Left out it is the default; `retry_on = {}` is none. */
static unsigned causes_of(cfg_t *section)
{
    cfg_opt_t *option = cfg_getopt(section, "retry_on");
    enum attempt_cause cause;
    unsigned causes = 0;

    if (cfg_opt_size(option) == 0 && (option->flags & CFGF_MODIFIED) == 0)
        return CAUSES_RETRIED;
    for (unsigned i = 0; i < cfg_opt_size(option); i++)
        if (attempt_cause_parse(cfg_opt_getnstr(option, i), &cause))
            causes |= CAUSE_BIT(cause);
    return causes;
}

static struct task_type *type_from_section(cfg_t *section)
{
    struct task_type *type = xcalloc(1, sizeof(*type));
    cfg_t *limits = cfg_getsec(section, "limits");
    bool plugin = strcmp(cfg_getstr(section, "runner"), "plugin") == 0;
    const char *user = cfg_getstr(section, "user");

    type->references = 1;
    type->name = xstrdup(cfg_title(section));
    type->plugin = plugin ? xstrdup(cfg_getstr(section, "plugin")) : NULL;
    type->command = plugin ? NULL : config_text_list(section, "command");
    type->environment = config_text_list(section, "environment");
    type->user = user[0] != '\0' ? xstrdup(user) : NULL;
    type->max_retries = (int)cfg_getint(section, "max_retries");
    type->backoff_ms = milliseconds(section, "backoff");
    type->backoff_max_ms = milliseconds(section, "backoff_max");
    type->timeout_ms = milliseconds(section, "timeout");
    type->stall_timeout_ms = milliseconds(section, "stall_timeout");
    type->grace_ms = milliseconds(section, "grace");
    type->on_interrupt = strcmp(cfg_getstr(section, "on_interrupt"), "fail") == 0
                             ? ON_INTERRUPT_FAIL
                             : ON_INTERRUPT_REQUEUE;
    type->retry_on = causes_of(section);
    type->no_network = strcmp(cfg_getstr(section, "network"), "none") == 0;
    type->read_only = cfg_getbool(section, "read_only") == cfg_true;
    type->limits.memory_bytes = (int64_t)cfg_getint(limits, "memory_mb") << 20;
    type->limits.cpu_seconds = cfg_getint(limits, "cpu_seconds");
    type->limits.processes = cfg_getint(limits, "processes");
    type->limits.open_files = cfg_getint(limits, "open_files");
    type->limits.file_size_bytes = (int64_t)cfg_getint(limits, "file_size_mb") << 20;
    return type;
}

static void read_section(struct type_registry *registry, cfg_t *section, const char *path)
{
    long line = cfg_getint(section, "source_line"), create_line;
    const char *fault = find_fault(section);
    char *create_fault = NULL;
    struct type_create *create = NULL;
    struct task_type *type;

    line = line > 0 ? line : (long)section->line;
    if (fault == NULL)
        create = type_create_read(section, &create_fault, &create_line);
    if (fault != NULL || create_fault != NULL) {
        type_registry_problem(registry, "%s:%ld: type \"%s\": %s", path,
                              create_fault != NULL && create_line > 0 ? create_line : line,
                              cfg_title(section), fault != NULL ? fault : create_fault);
        free(create_fault);
        return;
    }
    type = type_from_section(section);
    type->create = create;
    type->source = xasprintf("%s:%ld", path, line);
    type_registry_add(registry, type);
}

static void read_file(struct type_registry *registry, const char *path)
{
    cfg_t *cfg = new_parser();
    int outcome;

    reading = registry;
    errno = 0;
    outcome = config_text_parse(cfg, path);
    if (outcome == CFG_FILE_ERROR) {
        type_registry_problem(registry, "%s:0: cannot be read: %s", path, strerror(errno));
    } else if (outcome == CFG_SUCCESS) {
        for (unsigned i = 0; i < cfg_size(cfg, "type"); i++)
            read_section(registry, cfg_getnsec(cfg, "type", i), path);
    }
    cfg_free(cfg);
    reading = NULL;
}

static int is_descriptor(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".conf") == 0;
}

void type_registry_read(struct type_registry *registry, const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_descriptor, alphasort);

    if (count < 0) {
        type_registry_problem(registry, "%s:0: cannot read the directory of type descriptors: %s",
                              directory, strerror(errno));
        return;
    }
    for (int i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", directory, entries[i]->d_name);
        read_file(registry, path);
        free(path);
        free(entries[i]);
    }
    free(entries);
}
