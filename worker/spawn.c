/* SPDX-License-Identifier: MIT */
/* clone3(2) by hand, since the C library's fork() has no CLONE_PARENT. With one thread, nothing of
 * the C library holds a lock; what its fork() does beside that, for the state of the thread, is
 * done here. */
#include "worker/spawn.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The C library keeps the thread's id in its descriptor, whose address it gave to the kernel
 * (set_tid_address(2)). The clone's id is written there, as fork() does. Without that knowledge (a
 * kernel without CONFIG_CHECKPOINT_RESTORE) the stale number stays, which only few functions look
 * at. */
static void *thread_id_address(void)
{
    void *address = NULL;

    return prctl(PR_GET_TID_ADDRESS, &address) == 0 ? address : NULL;
}

/* The list of robust mutexes is not inherited; the C library registered it when the thread began.
 */
static void restore_robust_list(void *list, size_t size)
{
    if (list != NULL)
        syscall(SYS_set_robust_list, list, size);
}

static pid_t clone_by_flags(unsigned long flags, void *thread_id)
{
#if defined(__x86_64__)
    return (pid_t)syscall(SYS_clone, flags, NULL, NULL, thread_id, NULL);
#elif defined(__aarch64__) || defined(__arm__) || defined(__i386__) || defined(__riscv) ||         \
    defined(__powerpc64__)
    return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, thread_id);
#else
    (void)flags;
    (void)thread_id;
    errno = ENOSYS;
    return -1;
#endif
}

/* By a container's system call filter, or because the kernel is older than CLONE_INTO_CGROUP (5.7)
 * or than clone3(2) itself (5.3). */
static bool is_refused(int error)
{
    return error == ENOSYS || error == EPERM || error == EINVAL || error == E2BIG;
}

pid_t spawn_sibling(int cgroup, bool *outside)
{
    static void *thread_id, *robust_list; /* of our one thread: they never change */
    static size_t robust_size;
    struct clone_args arguments = {.flags = CLONE_PARENT}; /* the exit signal is ours: SIGCHLD */
    pid_t pid;

    *outside = false;
    if (robust_list == NULL) {
        thread_id = thread_id_address();
        syscall(SYS_get_robust_list, 0, &robust_list, &robust_size);
    }
    if (thread_id != NULL) {
        arguments.flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
        arguments.child_tid = (uint64_t)(uintptr_t)thread_id;
    }
    if (cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)cgroup;
    }
    pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (pid < 0 && is_refused(errno)) {
        arguments.flags &= ~CLONE_INTO_CGROUP;
        *outside = cgroup >= 0;
        pid = clone_by_flags((unsigned long)arguments.flags, thread_id);
    }
    if (pid == 0)
        restore_robust_list(robust_list, robust_size);
    return pid;
}
