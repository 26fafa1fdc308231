/* SPDX-License-Identifier: MIT */
/* The change of program itself: what is left to the new one, and execve(2). Where that fails,
 * whatever was ended for it begins again. */
#include "supervisor/upgrade_exec.h"
#include "common/crash_point.h"
#include "common/fd_util.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/cgroup.h"
#include "supervisor/config.h"
#include "supervisor/events.h"
#include "supervisor/http_server.h"
#include "supervisor/lifecycle.h"
#include "supervisor/notify.h"
#include "supervisor/offload.h"
#include "supervisor/run.h"
#include "supervisor/run_handover.h"
#include "supervisor/runs.h"
#include "supervisor/store.h"
#include "supervisor/task_log.h"
#include "supervisor/template.h"
#include "supervisor/workdir.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STORE_CLOSE_MS 5000

/* ---- what is tried is what is started ---- */

static const char *path_of(const struct app *app, size_t file)
{
    const char *const paths[UPGRADE_FILES] = {app->program, app->config->path,
                                              app->config->worker_program};

    return paths[file];
}

void upgrade_files_look(const struct app *app, struct upgrade_files *files)
{
    memset(files, 0, sizeof(*files));
    for (size_t i = 0; i < UPGRADE_FILES; i++) {
        struct upgrade_file *file = &files->file[i];
        struct stat info;

        if (stat(path_of(app, i), &info) != 0)
            continue;
        file->device = info.st_dev;
        file->inode = info.st_ino;
        file->size = info.st_size;
        file->written = info.st_mtim;
    }
}

/* NULL: they are the same. */
static const char *changed_file(const struct app *app, const struct upgrade_files *tried)
{
    struct upgrade_files now;

    upgrade_files_look(app, &now);
    for (size_t i = 0; i < UPGRADE_FILES; i++)
        if (memcmp(&now.file[i], &tried->file[i], sizeof(now.file[i])) != 0)
            return path_of(app, i);
    return NULL;
}

/* ---- what is left ---- */

static void add_run(struct run *run, void *arg)
{
    if (run->phase == RUN_RUNNING)
        json_object_array_add(arg, run_handover_write(run));
}

static void gather(struct app *app, int64_t began_ms, struct handover *handover)
{
    *handover = (struct handover){
        .format = HANDOVER_FORMAT,
        .pid = getpid(),
        .version = PACKAGE_VERSION,
        .state_dir = app->config->state_dir,
        .node = app->config->node,
        .incarnation = app->incarnation,
        .upgrades = app->upgrades + 1,
        .began_ms = began_ms,
        .lock_fd = app->lock_fd,
        .listen = app->config->listen,
        .control_socket = app->config->control_socket,
        .template_fd = -1,
        .last_work_dir = workdirs_last_number(app->workdirs),
        .last_run = runs_last_number(app->runs),
        .last_event = events_last(app->events),
        .runs = json_object_new_array(),
    };
    http_server_hand_over(app->http, &handover->public_fd, &handover->control_fd);
    if (app->cgroup != NULL)
        handover->cgroup_base = (char *)cgroup_hand_over(app->cgroup, &handover->last_leaf);
    runs_each(app->runs, add_run, handover->runs);
    template_hand_over(app->template, &handover->template_pid, &handover->template_fd);
}

int upgrade_write(struct app *app, int64_t began_ms, struct handover *handover)
{
    int fd;

    gather(app, began_ms, handover);
    fd = handover_write(handover);
    json_object_put(handover->runs);
    handover->runs = NULL;
    return fd;
}

/* ---- there, and back ---- */

void upgrade_hold_signals(bool hold)
{
    sigset_t ours;

    sigemptyset(&ours);
    if (!hold) {
        sigprocmask(SIG_SETMASK, &ours, NULL);
        return;
    }
    sigaddset(&ours, SIGCHLD);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGHUP);
    sigaddset(&ours, SIGUSR2);
    sigprocmask(SIG_BLOCK, &ours, NULL);
}

static void keep_open(struct app *app, const struct handover *handover, int file, bool keep)
{
    const int fds[] = {handover->lock_fd, handover->public_fd, handover->control_fd,
                       handover->template_fd, file};

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            fd_set_cloexec(fds[i], !keep);
    runs_each(app->runs, run_handover_keep, &keep);
}

/* Returns only if it fails, with errno set. */
static void change_program(struct app *app, int64_t began_ms)
{
    struct handover handover;
    int file = upgrade_write(app, began_ms, &handover), error;
    char number[16];

    if (file < 0)
        return;
    keep_open(app, &handover, file, true);
    snprintf(number, sizeof(number), "%d", file);
    setenv(HANDOVER_VARIABLE, number, 1);
    crash_point(upgrade_before_exec);
    execve(app->program, app->arguments, environ);
    error = errno;
    unsetenv(HANDOVER_VARIABLE);
    keep_open(app, &handover, file, false);
    close(file);
    errno = error;
}

char *upgrade_exec(struct app *app, int64_t began_ms, const struct upgrade_files *tried)
{
    const char *changed = changed_file(app, tried);
    int error;

    if (changed != NULL)
        return xasprintf("%s has changed since it was tried", changed);
    notify_reloading(app->notify);
    task_log_flush(app->task_log);
    store_close(app->store, STORE_CLOSE_MS);
    offload_finish(app->task_files);
    offload_finish(app->offload);
    workdirs_clear(app->workdirs);
    change_program(app, began_ms);
    error = errno;
    lifecycle_open_store(app);
    notify_ready(app->notify);
    return xasprintf("%s cannot be started: %s", app->program, strerror(error));
}
