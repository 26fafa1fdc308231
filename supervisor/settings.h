/* SPDX-License-Identifier: MIT */
/* What an administrator can change while tasks run: whole numbers, each with a name, a range and a
 * value that holds until another is set. They are kept in the table `setting`; this is what the
 * supervisor remembers of it. Loop thread only. */
#ifndef SUPERVISOR_SETTINGS_H
#define SUPERVISOR_SETTINGS_H

#include <stdint.h>

struct app;

enum setting {
    SETTING_MAX_CONCURRENT,
    SETTING_TASK_RETENTION,  /* days that finished tasks are kept; 0: for ever */
    SETTING_LOG_RETENTION,   /* days that log lines are kept; 0: as long as their task */
    SETTING_AUDIT_RETENTION, /* days that events of the audit trail are kept; 0: for ever */
    SETTING_COUNT
};

struct setting_rule {
    const char *name; /* in the table and in the API */
    int64_t initial, least, most;
};
extern const struct setting_rule setting_rules[SETTING_COUNT];

/* All to their initial values. */
void settings_init(struct app *app);
int64_t settings_get(const struct app *app, enum setting setting);
/* A value within its range; it applies at once. */
void settings_set(struct app *app, enum setting setting, int64_t value);
/* As it stands in the table. Names of others are ignored; what is out of range is told to the log
 * and changes nothing. */
void settings_read(struct app *app, const char *name, const char *value);

#endif
