/* SPDX-License-Identifier: MIT */
/* dlopen(3) and the checks around it. What is wrong is said in a sentence for the administrator. */
#include "worker/plugin.h"
#include "common/fd_util.h"
#include "common/xalloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX 4096

static bool check_file(const char *path, char **why)
{
    struct stat status;

    if (path[0] != '/')
        *why = xasprintf("%s is not an absolute path", path);
    else if (stat(path, &status) != 0)
        *why = xasprintf("cannot load plugin %s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        *why = xasprintf("plugin %s is not a regular file", path);
    else if (status.st_mode & S_IWOTH)
        *why = xasprintf("plugin %s is writable by everybody", path);
    else
        return true;
    return false;
}

static const struct taskyard_runner *find_runner(const struct taskyard_plugin *plugin,
                                                 const char *type)
{
    for (const struct taskyard_runner *runner = plugin->runners;
         runner != NULL && runner->type != NULL; runner++)
        if (strcmp(runner->type, type) == 0 && runner->run != NULL)
            return runner;
    return NULL;
}

const struct taskyard_runner *plugin_load(const char *path, const char *type, char **why)
{
    const struct taskyard_runner *runner = NULL;
    const struct taskyard_plugin *plugin;
    void *handle;

    if (!check_file(path, why))
        return NULL;
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        *why = xasprintf("cannot load plugin: %s", dlerror());
        return NULL;
    }
    plugin = dlsym(handle, "taskyard_plugin");
    if (plugin == NULL)
        *why = xasprintf("plugin %s has no symbol taskyard_plugin", path);
    else if (plugin->abi != TASKYARD_TASK_ABI)
        *why = xasprintf("plugin %s was built for task ABI %d, this Taskyard has %d", path,
                         plugin->abi, TASKYARD_TASK_ABI);
    else if ((runner = find_runner(plugin, type)) == NULL)
        *why = xasprintf("plugin %s has no runner for type \"%s\"", path, type);
    if (runner == NULL)
        dlclose(handle);
    return runner; /* the handle is kept for good: the process runs its code */
}

static int count_cb(struct dl_phdr_info *info, size_t size, void *count)
{
    (void)info;
    (void)size;
    ++*(unsigned *)count;
    return 0;
}

static unsigned count_objects(void)
{
    unsigned count = 0;

    dl_iterate_phdr(count_cb, &count);
    return count;
}

static bool has_other_threads(void)
{
    struct stat status;

    return stat("/proc/self/task", &status) == 0 && status.st_nlink > 3; /* ".", "..", ourselves */
}

/* The process of a try: answers with one letter, then the sentence. A for alone, W for with others,
 * E for an error. */
static _Noreturn void answer_try(int fd, const char *path, const char *type)
{
    unsigned before = count_objects();
    char *why = NULL, *answer;

    if (plugin_load(path, type, &why) == NULL)
        answer = xasprintf("E%s", why);
    else
        answer = xstrdup(has_other_threads() || count_objects() > before + 1 ? "W" : "A");
    fd_write_all(fd, answer, strlen(answer));
    _exit(EXIT_SUCCESS);
}

static size_t read_answer(int fd, char answer[ANSWER_MAX])
{
    size_t used = 0;
    ssize_t got;

    while (used < ANSWER_MAX - 1 && (got = read(fd, answer + used, ANSWER_MAX - 1 - used)) != 0) {
        if (got < 0 && errno != EINTR)
            break;
        used += got > 0 ? (size_t)got : 0;
    }
    answer[used] = '\0';
    return used;
}

bool plugin_try(const char *path, const char *type, bool *alone, char **why)
{
    char answer[ANSWER_MAX];
    int ends[2], status = 0;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
        *why = xasprintf("cannot try plugin %s: %s", path, strerror(errno));
        return false;
    }
    if (pid == 0)
        answer_try(ends[1], path, type);
    close(ends[1]);
    read_answer(ends[0], answer);
    close(ends[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    *alone = answer[0] == 'A';
    if (answer[0] == 'A' || answer[0] == 'W')
        return true;
    if (answer[0] == 'E')
        *why = xstrdup(answer + 1);
    else
        *why = xasprintf("plugin %s ends the process when it is loaded (%s)", path,
                         WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit");
    return false;
}
