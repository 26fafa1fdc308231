/* SPDX-License-Identifier: MIT */
/* The steps between clone and the task's own code, in an order that matters; each comment says why
 * it stands there. */
#include "worker/child.h"
#include "common/cgroup_fs.h"
#include "common/exitcode.h"
#include "common/fd_util.h"
#include "common/wire.h"
#include "common/xalloc.h"
#include "worker/run_command.h"
#include "worker/run_plugin.h"
#include "worker/sdk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORK_DIR_MODE 0700
#define WORKER_UMASK 0027

static _Noreturn void fail_setup(const char *what, const char *subject)
{
    sdk_start_error("cannot start the task: %s%s%s: %s", what, subject != NULL ? " " : "",
                    subject != NULL ? subject : "", strerror(errno));
    _exit(WORKER_EXIT_SETUP);
}

static bool place_fds(const int fds[ORDER_SPAWN_FDS])
{
    for (int i = 0; i < ORDER_SPAWN_FDS; i++)
        if (dup2(fds[i], i) != i)
            return false;
    return close_range(ORDER_SPAWN_FDS, ~0U, 0) == 0;
}

static void reset_oom_score(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd >= 0 && write(fd, "0", 1) < 0) {
        /* Best effort: without privilege the score can only be raised. */
    }
    if (fd >= 0)
        close(fd);
}

static bool set_limit(int resource, int64_t soft, int64_t hard)
{
    struct rlimit now, limit;

    if (getrlimit((__rlimit_resource_t)resource, &now) != 0)
        return false;
    limit.rlim_cur = now.rlim_max < (rlim_t)soft ? now.rlim_max : (rlim_t)soft;
    limit.rlim_max = now.rlim_max < (rlim_t)hard ? now.rlim_max : (rlim_t)hard;
    return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

/* Memory is RLIMIT_AS, the whole address space: RLIMIT_DATA misses shared mappings, and there is no
 * limit on what is resident. CPU time: SIGXCPU at the limit, SIGKILL a second later. */
static bool set_limits(const struct order_limits *limits)
{
    static const struct rlimit no_core = {0, 0};
    const struct {
        int resource;
        int64_t value;
        int64_t slack;
    } rows[] = {{RLIMIT_AS, limits->memory_bytes, 0},
                {RLIMIT_CPU, limits->cpu_seconds, 1},
                {RLIMIT_NPROC, limits->processes, 0},
                {RLIMIT_NOFILE, limits->open_files, 0},
                {RLIMIT_FSIZE, limits->file_size_bytes, 0}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].value > 0 &&
            !set_limit(rows[i].resource, rows[i].value, rows[i].value + rows[i].slack))
            return false;
    return setrlimit(RLIMIT_CORE, &no_core) == 0;
}

/* True for an empty directory that is ours alone; else errno says why not. */
static bool is_spare_dir(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    bool good;

    if (directory < 0)
        return false;
    good = fstat(directory, &status) == 0 && status.st_uid == geteuid() &&
           (status.st_mode & 07777) == WORK_DIR_MODE && fd_is_empty_directory(directory);
    close(directory);
    errno = EEXIST;
    return good;
}

/* A disk's file system takes 90 to 150 us to make and remove a directory: so the supervisor may
 * have left an empty one in place. */
static void make_work_dir(const char *path, const struct identity *identity)
{
    if (!is_spare_dir(path) && (errno != ENOENT || mkdir(path, WORK_DIR_MODE) != 0))
        fail_setup("cannot make the work directory", path);
    if (identity->change && lchown(path, identity->uid, identity->gid) != 0)
        fail_setup("cannot give the task its work directory", path);
}

/* Which comes first depends on whose privilege makes the namespaces. */
static void isolate_and_assume(const struct worker_type *type, const char *work_dir)
{
    bool wanted = isolation_is_wanted(&type->isolation);
    bool privileged = wanted && isolation_is_privileged(&type->isolation);
    const char *what = NULL;

    if (privileged && !isolation_enter(&type->isolation, work_dir, &what))
        fail_setup(what, NULL);
    if (!identity_assume(&type->identity))
        fail_setup("cannot become its user", NULL);
    if (!wanted || privileged)
        return;
    if (!isolation_enter(&type->isolation, work_dir, &what))
        fail_setup(what, NULL);
    if (!identity_drop_capabilities())
        fail_setup("cannot give up its capabilities", NULL);
}

/* Last of all, because a change of credentials clears it (prctl(2)). The parent is looked at
 * afterwards: a supervisor that died before would never send the signal. */
static void follow_supervisor(pid_t supervisor)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        fail_setup("PR_SET_PDEATHSIG", NULL);
    if (getppid() != supervisor)
        _exit(WORKER_EXIT_SETUP);
}

/* Puts NAME=value into the list, over an entry of the same name. */
static void put_variable(char **list, size_t *count, char *entry)
{
    size_t length = strcspn(entry, "=") + 1;

    for (size_t i = 0; i < *count; i++) {
        if (strncmp(list[i], entry, length) == 0) {
            free(list[i]);
            list[i] = entry;
            return;
        }
    }
    list[(*count)++] = entry;
}

char **child_environment(const struct worker_type *type, const struct order_spawn *spawn)
{
    size_t count = 0, own = 0;
    char **list;

    while (type->environment[own] != NULL)
        own++;
    list = xcalloc(own + 16, sizeof(list[0]));
    put_variable(list, &count, xstrdup("PATH=/usr/local/bin:/usr/bin:/bin"));
    put_variable(list, &count, xstrdup("LANG=C.UTF-8"));
    put_variable(list, &count, xasprintf("HOME=%s", spawn->work_dir));
    put_variable(list, &count, xasprintf("TMPDIR=%s", spawn->work_dir));
    for (size_t i = 0; i < own; i++)
        put_variable(list, &count, xstrdup(type->environment[i]));
    list[count++] = xasprintf("TASKYARD_TASK_ID=%s", spawn->task);
    list[count++] = xasprintf("TASKYARD_ATTEMPT=%d", spawn->attempt);
    list[count++] = xasprintf("TASKYARD_TYPE=%s", spawn->type);
    list[count++] = xasprintf("TASKYARD_CREATOR=%s", spawn->creator);
    list[count++] = xasprintf("TASKYARD_WORK_DIR=%s", spawn->work_dir);
    list[count++] = xasprintf(ORDER_MARK_VARIABLE "=%s", spawn->mark);
    return list;
}

void child_environment_free(char **environment)
{
    for (char **entry = environment; *entry != NULL; entry++)
        free(*entry);
    free(environment);
}

_Noreturn void child_run(const struct child_job *job)
{
    const struct worker_type *type = job->type;
    const struct order_spawn *spawn = job->spawn;

    bool contained;
    int cgroup_errno;

    setsid(); /* first: until now a signal to the template's group would reach us */
    contained = !job->outside || cgroup_fs_enter(job->cgroup);
    cgroup_errno = errno;
    /* Until an exec, which a plugin never does, /proc/PID/environ shows the template's memory: the
     * mark is written there. */
    memcpy(job->mark_memory, spawn->mark, ORDER_MARK_LENGTH);
    if (!place_fds(job->fds))
        _exit(WORKER_EXIT_SETUP); /* nowhere to say why */
    if (!contained) {
        errno = cgroup_errno;
        fail_setup("cannot enter its cgroup", NULL);
    }
    umask(WORKER_UMASK);
    if (job->reset_oom)
        reset_oom_score();
    make_work_dir(spawn->work_dir, &type->identity);
    if (!set_limits(&type->limits)) /* before the privilege is given up */
        fail_setup("cannot set its limits", NULL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail_setup("PR_SET_NO_NEW_PRIVS", NULL);
    isolate_and_assume(type, spawn->work_dir);
    if (chdir(spawn->work_dir) != 0) /* as that user: tells now if the path is closed to it */
        fail_setup("cannot enter the work directory", spawn->work_dir);
    follow_supervisor(job->supervisor);
    if (type->plugin != NULL)
        run_plugin(type, spawn, job->environment);
    run_command(type, job->environment);
}
