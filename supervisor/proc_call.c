/* SPDX-License-Identifier: MIT */
/* The table; numbers differ between machines, and not every machine has every call. */
#include "supervisor/proc_call.h"

#include <sys/syscall.h>

struct call {
    long number;
    const char *name;
    enum proc_wait wait;
    bool takes_fd;
};

static const struct call calls[] = {
    {SYS_read, "read", PROC_WAIT_READ, true},
    {SYS_readv, "readv", PROC_WAIT_READ, true},
    {SYS_pread64, "pread64", PROC_WAIT_READ, true},
    {SYS_write, "write", PROC_WAIT_WRITE, true},
    {SYS_writev, "writev", PROC_WAIT_WRITE, true},
    {SYS_pwrite64, "pwrite64", PROC_WAIT_WRITE, true},
    {SYS_recvfrom, "recvfrom", PROC_WAIT_READ, true},
    {SYS_recvmsg, "recvmsg", PROC_WAIT_READ, true},
    {SYS_sendto, "sendto", PROC_WAIT_WRITE, true},
    {SYS_sendmsg, "sendmsg", PROC_WAIT_WRITE, true},
    {SYS_connect, "connect", PROC_WAIT_CONNECT, true},
    {SYS_accept, "accept", PROC_WAIT_ACCEPT, true},
    {SYS_accept4, "accept4", PROC_WAIT_ACCEPT, true},
    {SYS_flock, "flock", PROC_WAIT_FILE_LOCK, true},
    {SYS_fcntl, "fcntl", PROC_WAIT_FILE_LOCK, true},
    {SYS_fsync, "fsync", PROC_WAIT_DISK, true},
    {SYS_fdatasync, "fdatasync", PROC_WAIT_DISK, true},
    {SYS_ppoll, "ppoll", PROC_WAIT_READY, false},
    {SYS_pselect6, "pselect6", PROC_WAIT_READY, false},
    {SYS_epoll_pwait, "epoll_pwait", PROC_WAIT_READY, false},
#ifdef SYS_poll
    {SYS_poll, "poll", PROC_WAIT_READY, false},
#endif
#ifdef SYS_select
    {SYS_select, "select", PROC_WAIT_READY, false},
#endif
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, "epoll_wait", PROC_WAIT_READY, false},
#endif
#ifdef SYS_pause
    {SYS_pause, "pause", PROC_WAIT_SIGNAL, false},
#endif
#ifdef SYS_open
    {SYS_open, "open", PROC_WAIT_OPEN, false},
#endif
    {SYS_openat, "openat", PROC_WAIT_OPEN, false},
    {SYS_futex, "futex", PROC_WAIT_LOCK, false},
    {SYS_nanosleep, "nanosleep", PROC_WAIT_SLEEP, false},
    {SYS_clock_nanosleep, "clock_nanosleep", PROC_WAIT_SLEEP, false},
    {SYS_wait4, "wait4", PROC_WAIT_CHILD, false},
    {SYS_waitid, "waitid", PROC_WAIT_CHILD, false},
    {SYS_restart_syscall, "restart_syscall", PROC_WAIT_AGAIN, false},
    {SYS_rt_sigsuspend, "rt_sigsuspend", PROC_WAIT_SIGNAL, false},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait", PROC_WAIT_SIGNAL, false},
};

static const struct call *find(long number)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (calls[i].number == number)
            return &calls[i];
    return NULL;
}

const char *proc_call_name(long number)
{
    const struct call *call = find(number);

    return call != NULL ? call->name : NULL;
}

enum proc_wait proc_call_wait(long number)
{
    const struct call *call = find(number);

    return call != NULL ? call->wait : PROC_WAIT_OTHER;
}

bool proc_call_takes_fd(long number)
{
    const struct call *call = find(number);

    return call != NULL && call->takes_fd;
}
