/* SPDX-License-Identifier: MIT */
/* exec of a type's program: by its absolute path and argv, never through a shell or PATH. */
#include "worker/run_command.h"
#include "common/exitcode.h"
#include "common/xalloc.h"
#include "worker/sdk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERPRETER_MAX 256 /* BINPRM_BUF_SIZE of the kernel */

/* The interpreter that a script's first line names, in fresh memory, or NULL if this is no readable
 * script. */
static char *interpreter_of(const char *path)
{
    char line[INTERPRETER_MAX + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t size;
    char *name;

    if (fd < 0)
        return NULL;
    size = read(fd, line, INTERPRETER_MAX);
    close(fd);
    if (size < 3 || line[0] != '#' || line[1] != '!')
        return NULL;
    line[size] = '\0';
    line[strcspn(line, "\n")] = '\0';
    name = line + 2 + strspn(line + 2, " \t");
    name[strcspn(name, " \t")] = '\0';
    return xstrdup(name);
}

static char *missing_problem(const char *path, int error, int *status)
{
    char *interpreter = NULL, *text;

    *status = WORKER_EXIT_NOT_FOUND;
    if (access(path, F_OK) != 0)
        return xasprintf("no such program: %s (%s)", path, strerror(error));
    /* The file is there: what is missing is what it needs to run. */
    interpreter = interpreter_of(path);
    if (interpreter == NULL)
        return xasprintf("cannot run %s: the loader it was linked for is missing (%s)", path,
                         strerror(error));
    text =
        strchr(interpreter, '\r') != NULL
            ? xasprintf("cannot run %s: its first line ends with a carriage return (DOS line ends)",
                        path)
            : xasprintf("cannot run %s: its interpreter %s is missing (%s)", path, interpreter,
                        strerror(error));
    free(interpreter);
    return text;
}

char *run_command_problem(const char *path, int error, int *status)
{
    if (error == ENOENT || error == ENOTDIR)
        return missing_problem(path, error, status);
    *status = WORKER_EXIT_NOT_EXECUTABLE;
    switch (error) {
    case EACCES:
        return xasprintf("program not executable: %s (%s)", path, strerror(error));
    case ENOEXEC:
        return xasprintf("not a program: %s (%s; does a script lack its #! line?)", path,
                         strerror(error));
    case EAGAIN:
        return xasprintf("cannot start %s: too many processes of this user (%s)", path,
                         strerror(error));
    default:
        return xasprintf("cannot start %s: %s", path, strerror(error));
    }
}

_Noreturn void run_command(const struct worker_type *type, char **environment)
{
    sigset_t none;
    char *text;
    int status;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* a SIGTERM of the first moment ends us here */
    execve(type->command[0], type->command, environment);
    text = run_command_problem(type->command[0], errno, &status);
    sdk_start_error("%s", text);
    free(text);
    _exit(status);
}
