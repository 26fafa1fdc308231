/* SPDX-License-Identifier: MIT */
#include "supervisor/journal.h"
#include "config.h"

#ifdef HAVE_LIBSYSTEMD
#include "common/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define FIELDS_MAX 8
#define FIELD_SIZE 320 /* of the short ones */

struct fields {
    struct iovec all[FIELDS_MAX];
    char texts[FIELDS_MAX][FIELD_SIZE];
    int count;
};

static void add_text(struct fields *fields, const char *name, const char *value)
{
    char *text = fields->texts[fields->count];

    if (value == NULL)
        return;
    snprintf(text, FIELD_SIZE, "%s=%s", name, value);
    fields->all[fields->count++] = (struct iovec){text, strlen(text)};
}

static void add_number(struct fields *fields, const char *name, long value)
{
    char text[24];

    snprintf(text, sizeof(text), "%ld", value);
    if (value != 0)
        add_text(fields, name, text);
}

static bool send_message(int priority, const char *message, const struct log_about *about)
{
    struct fields fields = {.count = 0};
    char whole[4096];

    snprintf(whole, sizeof(whole), "MESSAGE=%s", message);
    fields.all[fields.count++] = (struct iovec){whole, strlen(whole)};
    add_text(&fields, "SYSLOG_IDENTIFIER", "taskyard-supervisor");
    add_number(&fields, "PRIORITY", priority);
    if (about != NULL) {
        add_text(&fields, "TASKYARD_TASK_ID", about->task_id);
        add_text(&fields, "TASKYARD_TYPE", about->type);
        add_text(&fields, "TASKYARD_CREATOR", about->creator);
        add_number(&fields, "TASKYARD_ATTEMPT", about->attempt);
        add_number(&fields, "TASKYARD_WORKER_PID", about->pid);
    }
    return sd_journal_sendv(fields.all, fields.count) == 0;
}

void journal_open(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t device, inode;
    struct stat status;

    if (stream != NULL && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
        fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode)
        log_set_sink(send_message);
}

#else

void journal_open(void)
{
}

#endif
