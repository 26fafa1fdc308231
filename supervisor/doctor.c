/* SPDX-License-Identifier: MIT */
#include "supervisor/doctor.h"
#include "common/fd_util.h"
#include "common/xalloc.h"
#include "supervisor/cgroup_find.h"
#include "supervisor/config.h"
#include "supervisor/doctor_report.h"
#include "supervisor/store.h"
#include "supervisor/type.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#define MIB (1024.0 * 1024)
#define ROOM_LEAST (100 * MIB)
#define ROOM_GOOD (1024 * MIB)
#define FILES_OF_A_TASK 4
#define FILES_RESERVE 64
#define TASKS_USUAL 10
#define STORE_CONNECTIONS 3

void doctor_note(struct doctor_report *report, enum doctor_finding finding, const char *advice,
                 const char *format, ...)
{
    static const char *const names[] = {"ok", "warn", "FAIL"};
    va_list arguments;

    fprintf(report->out, "%-5s %-13s ", names[finding], report->part);
    va_start(arguments, format);
    vfprintf(report->out, format, arguments);
    va_end(arguments);
    fputc('\n', report->out);
    if (advice != NULL && finding != DOCTOR_GOOD)
        fprintf(report->out, "      %s\n", advice);
    report->warnings += finding == DOCTOR_WARNING;
    report->failures += finding == DOCTOR_FAILURE;
}

/* ---- the process that runs ---- */

/* 0: none holds the state directory. */
static long running_pid(const char *state_dir)
{
    char *path = xasprintf("%s/lock", state_dir), text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    long pid = 0;

    free(path);
    if (fd < 0)
        return 0;
    if (flock(fd, LOCK_SH | LOCK_NB) != 0 && read(fd, text, sizeof(text) - 1) > 0)
        pid = strtol(text, NULL, 10);
    close(fd);
    return pid;
}

/* What the unit grants is seen in the process that runs; without one nothing is granted. */
static bool may_change_accounts(const char *state_dir)
{
    char *path = xasprintf("/proc/%ld/status", running_pid(state_dir)), *text, *found;
    uint64_t wanted = UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID, have = 0;
    size_t size;

    text = fd_read_file(path, 65536, &size);
    free(path);
    if (text == NULL)
        return false;
    found = strstr(text, "\nCapEff:");
    if (found != NULL)
        have = strtoull(found + strlen("\nCapEff:"), NULL, 16);
    free(text);
    return (have & wanted) == wanted;
}

/* ---- what tasks need ---- */

/* Whoever writes a descriptor, or a program that one names, has it run as the service. */
static void look_at_writers(struct doctor_report *report, const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0 && (status.st_mode & S_IWOTH) != 0 && !S_ISCHR(status.st_mode))
        doctor_note(report, DOCTOR_FAILURE,
                    "chmod o-w on it, and see that nobody has written there: what it says is run "
                    "with the rights of the service",
                    "%s can be written to by everybody", path);
}

static void look_at_program(struct doctor_report *report, const struct config *config,
                            const struct task_type *type)
{
    const char *path = type->plugin != NULL ? type->plugin : type->command[0];

    look_at_writers(report, path);
    if (access(path, type->plugin != NULL ? R_OK : X_OK) != 0)
        doctor_note(report, DOCTOR_WARNING,
                    "tasks of this type fail until the file is there and this account may use it",
                    "type %s: %s: %s", type->name, path, strerror(errno));
    if (type->user != NULL && !may_change_accounts(config->state_dir))
        doctor_note(report, DOCTOR_WARNING,
                    "that needs a running supervisor with privilege: see \"Tasks of another "
                    "account\" in operating.md",
                    "type %s: runs as %s", type->name, type->user);
}

/* Of "file:line". */
static size_t file_length(const struct task_type *type)
{
    return (size_t)(strrchr(type->source, ':') - type->source);
}

/* Each file once, however many types it describes. */
static void look_at_descriptor(struct doctor_report *report, const struct type_registry *types,
                               size_t at)
{
    const struct task_type *type = type_registry_at(types, at);
    size_t length = file_length(type);
    char *path;

    for (size_t i = 0; i < at; i++) {
        const struct task_type *other = type_registry_at(types, i);
        if (file_length(other) == length && strncmp(other->source, type->source, length) == 0)
            return;
    }
    path = xasprintf("%.*s", (int)length, type->source);
    look_at_writers(report, path);
    free(path);
}

static void look_at_types(struct doctor_report *report, const struct config *config,
                          const struct type_registry *types)
{
    size_t count = type_registry_count(types);

    report->part = "types";
    look_at_writers(report, config->types_dir);
    for (size_t i = 0; i < type_registry_problem_count(types); i++)
        doctor_note(report, DOCTOR_WARNING, "correct it, then: taskyard reload", "%s",
                    type_registry_problem_at(types, i));
    for (size_t i = 0; i < count; i++) {
        look_at_descriptor(report, types, i);
        look_at_program(report, config, type_registry_at(types, i));
    }
    if (count == 0)
        doctor_note(report, DOCTOR_WARNING, "describe one there, see taskyard-types(5)",
                    "no task type in %s", config->types_dir);
    else
        doctor_note(report, DOCTOR_GOOD, NULL, "%zu in %s", count, config->types_dir);
    report->part = "worker";
    if (access(config->worker_program, X_OK) == 0)
        doctor_note(report, DOCTOR_GOOD, NULL, "%s", config->worker_program);
    else
        doctor_note(report, DOCTOR_FAILURE, "install it again, or correct worker_program", "%s: %s",
                    config->worker_program, strerror(errno));
}

/* ---- the state directory ---- */

static void look_at_room(struct doctor_report *report, const char *state_dir)
{
    struct statvfs room;
    double bytes;

    report->part = "disk";
    if (statvfs(state_dir, &room) != 0)
        return; /* told with the directory itself */
    bytes = (double)room.f_bavail * (double)room.f_frsize;
    doctor_note(report,
                bytes < ROOM_LEAST  ? DOCTOR_FAILURE
                : bytes < ROOM_GOOD ? DOCTOR_WARNING
                                    : DOCTOR_GOOD,
                "make room: artifacts are in files/; `taskyard purge` and the retention settings "
                "remove old tasks",
                "%.0f MiB free for %s", bytes / MIB, state_dir);
}

static void look_at_state(struct doctor_report *report, const char *state_dir)
{
    struct stat status;

    report->part = "state";
    if (stat(state_dir, &status) != 0)
        doctor_note(report, errno == ENOENT ? DOCTOR_WARNING : DOCTOR_FAILURE,
                    "the first start makes it, if its parent is there and may be written to",
                    "%s: %s", state_dir, strerror(errno));
    else if (status.st_uid != geteuid())
        doctor_note(report, DOCTOR_FAILURE,
                    "run this as that account, or give it the directory with chown -R",
                    "%s belongs to uid %u, this is uid %u", state_dir, (unsigned)status.st_uid,
                    (unsigned)geteuid());
    else if ((status.st_mode & (S_IROTH | S_IWOTH)) !=
             0) /* tasks of another account pass through */
        doctor_note(report, DOCTOR_WARNING, "chmod o-rw on it: artifacts and secrets lie in it",
                    "%s is open to everybody", state_dir);
    else
        doctor_note(report, DOCTOR_GOOD, NULL, "%s", state_dir);
    look_at_room(report, state_dir);
}

/* ---- the running service ---- */

static bool answers(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected;

    if (fd < 0)
        return false;
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
    connected = connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0;
    close(fd);
    return connected;
}

static void look_at_service(struct doctor_report *report, const struct config *config)
{
    long pid = running_pid(config->state_dir);

    report->part = "service";
    if (pid == 0)
        doctor_note(report, DOCTOR_WARNING, "start it: systemctl start taskyard", "not running");
    else if (answers(config->control_socket))
        doctor_note(report, DOCTOR_GOOD, NULL, "running, pid %ld", pid);
    else
        doctor_note(report, DOCTOR_FAILURE,
                    "if it runs with another configuration, look with that one (--config)",
                    "pid %ld runs, but %s: %s", pid, config->control_socket, strerror(errno));
}

/* ---- limits ---- */

static void look_at_files(struct doctor_report *report, const struct config *config)
{
    rlim_t wanted = config->http.max_connections + FILES_OF_A_TASK * TASKS_USUAL + FILES_RESERVE;
    struct rlimit files;

    report->part = "files";
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    if (files.rlim_max == RLIM_INFINITY || files.rlim_max >= wanted)
        doctor_note(report, DOCTOR_GOOD, NULL, "%ju may be open", (uintmax_t)files.rlim_max);
    else
        doctor_note(report, DOCTOR_WARNING,
                    "raise LimitNOFILE= of the unit (here: ulimit -Hn), or lower max_connections",
                    "%ju may be open here, %ju are wanted", (uintmax_t)files.rlim_max,
                    (uintmax_t)wanted);
}

static void look_at_containment(struct doctor_report *report, const struct config *config)
{
    char *path = xasprintf("%s/cgroup", config->state_dir), *tree, *own;
    const char *why = NULL;
    size_t size;

    report->part = "containment";
    tree = fd_read_file(path, 4096, &size);
    own = cgroup_find_own(&why);
    if (tree != NULL)
        doctor_note(report, DOCTOR_GOOD, NULL, "cgroups below %s", tree);
    else if (strcmp(config->cgroup, "off") == 0)
        doctor_note(report, DOCTOR_GOOD, NULL, "sessions, as configured (cgroup = off)");
    else if (own == NULL)
        doctor_note(report, DOCTOR_WARNING,
                    "mount cgroup2; without it tasks are held together by their sessions", "%s",
                    why);
    else
        doctor_note(report, DOCTOR_WARNING,
                    "Delegate=yes in the unit (ours has it); until then tasks are held together by "
                    "their sessions. `taskyard status` says what a running service uses",
                    "no tree of cgroups is in use");
    free(path);
    free(tree);
    free(own);
}

int doctor(FILE *out, const struct config *config, const struct store_config *store,
           const struct type_registry *types)
{
    struct doctor_report report = {.out = out};

    look_at_types(&report, config, types);
    look_at_state(&report, config->state_dir);
    look_at_service(&report, config);
    look_at_containment(&report, config);
    look_at_files(&report, config);
    report.part = "database";
    doctor_database(&report, store, STORE_CONNECTIONS);
    fprintf(out, "%d failures, %d warnings\n", report.failures, report.warnings);
    return report.failures;
}
