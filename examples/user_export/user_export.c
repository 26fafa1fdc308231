/* SPDX-License-Identifier: MIT */
/* The type `user_export`: the users of Taskyard as a CSV file for its creator. An example of a
 * plugin that works in steps, reports progress, honours a cancel at any moment, and leaves an
 * artifact.
 *
 * Environment of the type: USER_EXPORT_OPTIONS, path of the MySQL option file with its account (see
 * make-account); USER_EXPORT_PAGE_DELAY_MS, a pause after each page, so that the progress can be
 * watched. */
#include "examples/user_export/csv.h"
#include "examples/user_export/filter.h"
#include "examples/user_export/users.h"

#include <taskyard/task.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_PAGES 90    /* when all pages are written */
#define PROGRESS_ARTIFACT 95 /* before the file is handed over */
#define PROGRESS_DONE 100
#define DELAY_STEP_MS 50

struct export
{
    struct taskyard_task *task;
    struct filter filter;
    struct users *users;
    FILE *file;
    char name[64]; /* of the file */
    long long total;
    long long rows;
};

static const char *const header[USERS_COLUMNS] = {
    "Username", "Email", "Full Name",   "Phone",      "Status",
    "Source",   "Roles", "MFA Enabled", "Last Login", "Created At"};

static bool row_cb(void *arg, const char *const cells[USERS_COLUMNS])
{
    struct export *export = arg;

    if (!csv_write_record(export->file, cells, USERS_COLUMNS))
        return false;
    export->rows++;
    return !taskyard_cancelled(export->task);
}

static void report_page(const struct export *export)
{
    long long percent =
        export->total > 0 ? export->rows * PROGRESS_PAGES / export->total : PROGRESS_PAGES;
    char text[64];

    /* Users added since the count must not lead past the pages' share. */
    if (percent > PROGRESS_PAGES)
        percent = PROGRESS_PAGES;
    snprintf(text, sizeof(text), "%lld of %lld users", export->rows, export->total);
    taskyard_progress(export->task, (int)percent, text);
}

/* In short steps, so that a cancel is seen whenever it comes. */
static void pause_after_page(struct taskyard_task *task)
{
    const char *text = getenv("USER_EXPORT_PAGE_DELAY_MS");
    long left_ms = text != NULL ? strtol(text, NULL, 10) : 0;

    for (; left_ms > 0 && !taskyard_cancelled(task); left_ms -= DELAY_STEP_MS) {
        struct timespec step = {.tv_nsec =
                                    (left_ms < DELAY_STEP_MS ? left_ms : DELAY_STEP_MS) * 1000000L};
        nanosleep(&step, NULL);
    }
}

static int write_failed(const struct export *export)
{
    return taskyard_fail(export->task, "cannot write %s: %s", export->name, strerror(errno));
}

static int export_pages(struct export *export)
{
    const char *why = "";
    int rows;

    do {
        rows = users_next_page(export->users, row_cb, export, &why);
        if (taskyard_cancelled(export->task))
            return TASKYARD_CANCELLED;
        if (ferror(export->file))
            return write_failed(export);
        if (rows < 0)
            return taskyard_fail(export->task, "cannot read the users: %s", why);
        if (rows > 0) {
            report_page(export);
            pause_after_page(export->task);
        }
    } while (rows == USERS_PAGE_SIZE);
    return taskyard_cancelled(export->task) ? TASKYARD_CANCELLED : TASKYARD_OK;
}

static bool open_file(struct export *export)
{
    time_t now = time(NULL);
    struct tm utc;

    gmtime_r(&now, &utc);
    strftime(export->name, sizeof(export->name), "users_export_%Y%m%d_%H%M%S.csv", &utc);
    export->file = fopen(export->name, "wxe"); /* in the private working directory */
    return export->file != NULL && csv_write_record(export->file, header, USERS_COLUMNS);
}

/* The runner does not know under which key the file will be stored: the supervisor adds "file_key"
 * to a result that is an object when it has moved the artifact into the file store. */
static int hand_over(struct export *export)
{
    char result[64];
    int closed = fclose(export->file);

    export->file = NULL;
    if (closed != 0)
        return write_failed(export);
    taskyard_progress(export->task, PROGRESS_ARTIFACT, "storing the file");
    taskyard_artifact(export->task, export->name, NULL);
    snprintf(result, sizeof(result), "{\"rows\":%lld}", export->rows);
    taskyard_set_result(export->task, result);
    taskyard_progress(export->task, PROGRESS_DONE, NULL);
    return TASKYARD_OK;
}

static int run_user_export(struct taskyard_task *task, void *runner)
{
    struct export *export = runner;
    const char *why = "";
    int status;

    export->total = users_count(export->users, &why);
    if (export->total < 0)
        return taskyard_fail(task, "cannot count the users: %s", why);
    if (!open_file(export))
        return write_failed(export);
    status = export_pages(export);
    return status == TASKYARD_OK ? hand_over(export) : status;
}

static void destroy_user_export(void *runner)
{
    struct export *export = runner;

    if (export->file != NULL)
        fclose(export->file);
    users_close(export->users);
    free(export);
}

static const char *connect_users(struct export *export)
{
    static char text[512]; /* stays valid, as the header wants it */
    const char *option_file = getenv("USER_EXPORT_OPTIONS"), *why = "";

    if (option_file == NULL)
        return "USER_EXPORT_OPTIONS is not set in the environment of the type";
    if (access(option_file, R_OK) != 0) { /* the library would try its defaults */
        snprintf(text, sizeof(text), "cannot read %s: %s", option_file, strerror(errno));
        return text;
    }
    export->users = users_open(option_file, &export->filter, &why);
    if (export->users != NULL)
        return NULL;
    snprintf(text, sizeof(text), "cannot connect to the database: %s", why);
    return text;
}

/* The factory: payload and connection. */
static const char *create_user_export(struct taskyard_task *task, void **runner)
{
    struct export *export = calloc(1, sizeof(*export));
    const char *payload, *why = "";
    size_t size;

    if (export == NULL)
        return "out of memory";
    export->task = task;
    payload = taskyard_task_payload(task, &size);
    if (!filter_parse(payload, size, &export->filter, &why))
        return why;
    *runner = export;
    return connect_users(export);
}

static const struct taskyard_runner runners[] = {{.type = "user_export",
                                                  .run = run_user_export,
                                                  .create = create_user_export,
                                                  .destroy = destroy_user_export},
                                                 {.type = NULL}};

TASKYARD_EXPORT const struct taskyard_plugin taskyard_plugin = {TASKYARD_TASK_ABI, runners};
