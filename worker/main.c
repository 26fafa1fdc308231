/* SPDX-License-Identifier: MIT */
/* taskyard-worker: the process that workers are cloned from. Started by the supervisor, of no use
 * by hand. */
#include "common/log.h"
#include "common/order.h"
#include "common/wire.h"
#include "worker/template.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ORDER_FD 3
#define SUPERVISOR_VARIABLE "TASKYARD_SUPERVISOR_PID"

const char *argp_program_version = "taskyard-worker " PACKAGE_VERSION;

static const char documentation[] =
    "The template process of Taskyard: loads the task types and clones one worker per running task."
    "\vIt is started by taskyard-supervisor, with the order socket as file descriptor 3, and does "
    "nothing when run by "
    "hand.";

static _Noreturn void refuse(const char *why)
{
    fatal("this program is started by taskyard-supervisor, not by hand (%s)", why);
}

/* Descriptors received later must not land on 0 to 3. */
static void hold_standard_fds(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static void check_socket(void)
{
    int type = 0;
    socklen_t size = sizeof(type);

    if (getsockopt(ORDER_FD, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET)
        refuse("file descriptor 3 is not its order socket");
}

static pid_t supervisor_pid(void)
{
    const char *text = getenv(SUPERVISOR_VARIABLE);
    pid_t pid = text != NULL ? (pid_t)atol(text) : 0;

    if (pid <= 0)
        refuse(SUPERVISOR_VARIABLE " is not set");
    if (getppid() != pid)
        refuse("the supervisor of " SUPERVISOR_VARIABLE " is not the parent process");
    return pid;
}

/* getenv() points into the block that the kernel made at exec, which is what /proc/PID/environ
 * shows. */
static char *mark_memory(void)
{
    char *mark = getenv(ORDER_MARK_VARIABLE);

    if (mark == NULL || strlen(mark) != ORDER_MARK_LENGTH)
        refuse(ORDER_MARK_VARIABLE " is not set, or of a wrong length");
    return mark;
}

/* Blocked rather than ignored: a signal to a clone that is not ready yet waits for it instead of
 * being lost, and the terminal's Ctrl-C does not reach a session of our own. */
static void shut_out_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    setsid(); /* fails if the supervisor made us a leader already */
}

int main(int argc, char **argv)
{
    static const struct argp argp = {.doc = documentation};
    struct template_config config = {.socket = ORDER_FD};

    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    log_open("taskyard-worker", LOG_LEVEL_INFO);
    check_socket();
    hold_standard_fds();
    config.supervisor = supervisor_pid();
    config.mark = mark_memory();
    config.cgroup = getenv(ORDER_CGROUP_VARIABLE);
    shut_out_signals();
    fcntl(ORDER_FD, F_SETFD, FD_CLOEXEC);
    close_range(ORDER_FD + 1, ~0U, 0);
    return template_serve(&config);
}
