/* SPDX-License-Identifier: MIT */
#include "supervisor/settings.h"
#include "common/log.h"
#include "supervisor/app.h"
#include "supervisor/scheduler.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_MAX 36500

const struct setting_rule setting_rules[SETTING_COUNT] = {
    [SETTING_MAX_CONCURRENT] = {"task_max_concurrent", 10, 1, SCHEDULER_LIMIT_MAX},
    [SETTING_TASK_RETENTION] = {"task_retention_days", 0, 0, DAYS_MAX},
    [SETTING_LOG_RETENTION] = {"task_log_retention_days", 30, 0, DAYS_MAX},
    [SETTING_AUDIT_RETENTION] = {"task_audit_log_retention_days", 365, 0, DAYS_MAX},
};

void settings_init(struct app *app)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        settings_set(app, i, setting_rules[i].initial);
}

int64_t settings_get(const struct app *app, enum setting setting)
{
    return app->settings[setting];
}

void settings_set(struct app *app, enum setting setting, int64_t value)
{
    app->settings[setting] = value;
    if (setting == SETTING_MAX_CONCURRENT)
        scheduler_set_limit(app->scheduler, (unsigned)value);
}

static void read_value(struct app *app, enum setting setting, const char *text)
{
    const struct setting_rule *rule = &setting_rules[setting];
    char *end;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && value >= rule->least && value <= rule->most)
        settings_set(app, setting, value);
    else
        log_error("the setting %s is \"%s\"; it must be from %" PRId64 " to %" PRId64
                  " and is left at %" PRId64,
                  rule->name, text, rule->least, rule->most, settings_get(app, setting));
}

void settings_read(struct app *app, const char *name, const char *value)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        if (strcmp(name, setting_rules[i].name) == 0)
            read_value(app, i, value);
}
