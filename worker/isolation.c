/* SPDX-License-Identifier: MIT */
/* namespaces(7). Mounts are made read-only all at once (mount_setattr(2)); the work directory is
 * bound onto itself first and stays writable. A user namespace maps the one account to itself: the
 * task is who it was, and can become nobody else. */
#include "worker/isolation.h"
#include "common/fd_util.h"
#include "common/xalloc.h"
#include "worker/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

bool isolation_is_wanted(const struct isolation *isolation)
{
    return isolation->no_network || isolation->read_only;
}

/* The loopback interface is raised by who may administer the network. */
bool isolation_is_privileged(const struct isolation *isolation)
{
    return identity_have_capability(CAP_SYS_ADMIN) &&
           (!isolation->no_network || identity_have_capability(CAP_NET_ADMIN));
}

static bool write_proc(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CLOEXEC), error;
    bool good = fd >= 0 && fd_write_all(fd, text, strlen(text));

    error = errno;
    fd_close(&fd);
    errno = error;
    return good;
}

static bool map_ourselves(uid_t uid, gid_t gid)
{
    char text[64];
    bool good;

    snprintf(text, sizeof(text), "%u %u 1\n", (unsigned)uid, (unsigned)uid);
    good = write_proc("/proc/self/setgroups", "deny") && write_proc("/proc/self/uid_map", text);
    snprintf(text, sizeof(text), "%u %u 1\n", (unsigned)gid, (unsigned)gid);
    return good && write_proc("/proc/self/gid_map", text);
}

/* After a change of user a process is not dumpable, and its files in /proc belong to root until
 * then. */
static bool enter_user_namespace(void)
{
    uid_t uid = getuid();
    gid_t gid = getgid();
    int dumpable = prctl(PR_GET_DUMPABLE);
    bool good;

    if (unshare(CLONE_NEWUSER) != 0)
        return false;
    prctl(PR_SET_DUMPABLE, 1);
    good = map_ourselves(uid, gid);
    if (dumpable != 1)
        prctl(PR_SET_DUMPABLE, 0);
    return good;
}

/* Programs that speak to themselves over the loopback interface expect it to be up. */
static bool raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;
    bool good = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;

    error = errno;
    fd_close(&fd);
    errno = error;
    return good;
}

static bool make_read_only(const char *work_dir)
{
    struct mount_attr set = {.attr_set = MOUNT_ATTR_RDONLY},
                      clear = {.attr_clr = MOUNT_ATTR_RDONLY};

    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(work_dir, work_dir, NULL, MS_BIND, NULL) == 0 &&
           mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &set, sizeof(set)) == 0 &&
           mount_setattr(AT_FDCWD, work_dir, 0, &clear, sizeof(clear)) == 0;
}

bool isolation_enter(const struct isolation *isolation, const char *work_dir, const char **what)
{
    *what = "no user namespace";
    if (!isolation_is_privileged(isolation) && !enter_user_namespace())
        return false;
    *what = "network = none: no network namespace";
    if (isolation->no_network && (unshare(CLONE_NEWNET) != 0 || !raise_loopback()))
        return false;
    *what = "read_only = true: no read-only file systems";
    return !isolation->read_only || (unshare(CLONE_NEWNS) == 0 && make_read_only(work_dir));
}

/* ---- the template's try ---- */

struct answer {
    int error; /* errno, 0: it can be had */
    char what[64];
};

static _Noreturn void answer_try(int fd, const struct isolation *isolation)
{
    struct answer answer = {.error = 0};
    const char *what;

    /* Any directory will do. */
    if (!isolation_enter(isolation, "/tmp", &what)) {
        answer.error = errno;
        snprintf(answer.what, sizeof(answer.what), "%s", what);
    }
    fd_write_all(fd, &answer, sizeof(answer));
    _exit(EXIT_SUCCESS);
}

static char *refusal(const struct isolation *isolation, const struct answer *answer)
{
    return xasprintf("%s%s%s cannot be had (%s: %s): let every account make user namespaces "
                     "(sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone; a "
                     "service without RestrictNamespaces), or take it out",
                     isolation->no_network ? "network = none" : "",
                     isolation->no_network && isolation->read_only ? " and " : "",
                     isolation->read_only ? "read_only = true" : "", answer->what,
                     strerror(answer->error));
}

bool isolation_try(const struct isolation *isolation, char **why)
{
    struct answer answer = {.error = ECHILD, .what = "the try ended early"};
    int ends[2];
    pid_t pid;

    if (!isolation_is_wanted(isolation))
        return true;
    if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
        *why = xasprintf("network and read_only cannot be tried: %s", strerror(errno));
        return false;
    }
    if (pid == 0)
        answer_try(ends[1], isolation);
    close(ends[1]);
    if (read(ends[0], &answer, sizeof(answer)) != sizeof(answer))
        answer = (struct answer){.error = ECHILD, .what = "the try ended early"};
    close(ends[0]);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    if (answer.error != 0)
        *why = refusal(isolation, &answer);
    return answer.error == 0;
}
