/* SPDX-License-Identifier: MIT */
/* The words for what processes do. A console has its own, in the language of who reads them: what
 * changes here changes in web/src/i18n. */
#include "supervisor/proc_sentence.h"
#include "common/xalloc.h"
#include "supervisor/proc_call.h"

#include <stdio.h>
#include <stdlib.h>

static char *duration(int64_t ms)
{
    int64_t seconds = ms / 1000;

    if (seconds < 8 * 60)
        return xasprintf("%lld s", (long long)seconds);
    if (seconds < 2 * 3600)
        return xasprintf("%lld min", (long long)(seconds / 60));
    return xasprintf("%lld h", (long long)(seconds / 3600));
}

static const char *thing(const struct proc_look *look)
{
    static const char *const things[] = {"a descriptor", "a pipe",   "a socket",
                                         "a file",       "a device", "a descriptor"};

    return things[look->fd_kind];
}

static char *call_text(const struct proc_look *look)
{
    const char *name = proc_call_name(look->call);

    return name != NULL ? xasprintf("in the system call %s", name)
                        : xasprintf("in system call %ld", look->call);
}

static char *waiting_text(const struct proc_step *step)
{
    const struct proc_look *look = step->look;

    switch (step->doing) {
    case PROC_DOING_KERNEL:
        return xasprintf("inside the kernel (%s): it cannot be interrupted",
                         look->wait_channel[0] != '\0' ? look->wait_channel : "disk or network");
    case PROC_DOING_READ:
        return xasprintf("reading from %s", thing(look));
    case PROC_DOING_WRITE:
        return xasprintf("writing to %s", thing(look));
    case PROC_DOING_READY:
        return xasprintf("waiting until one of several descriptors is ready (%s)",
                         proc_call_name(look->call));
    case PROC_DOING_LOCK:
        return xstrdup("waiting for a lock or another thread (futex)");
    case PROC_DOING_FILE_LOCK:
        return xasprintf("waiting for a lock on %s%s%s", thing(look),
                         look->target[0] != '\0' ? " " : "", look->target);
    case PROC_DOING_CONNECT:
        return xstrdup("connecting to a server");
    case PROC_DOING_ACCEPT:
        return xstrdup("waiting for a client to connect");
    case PROC_DOING_DISK:
        return xstrdup("waiting for the disk");
    case PROC_DOING_OPEN:
        return xstrdup("opening a file");
    case PROC_DOING_SIGNAL:
        return xstrdup("waiting for a signal");
    case PROC_DOING_AGAIN:
        return xstrdup("in a wait that a pause had interrupted");
    default:
        return call_text(look);
    }
}

static char *blocked_text(const struct proc_step *step)
{
    char *what = waiting_text(step), *length = NULL, *text;

    if (step->for_ms > 0) {
        length = duration(step->for_ms);
        text = xasprintf("blocked %s %s", length, what);
    } else if (step->silent_ms > 0) {
        length = duration(step->silent_ms);
        text = xasprintf("blocked %s; no message for %s", what, length);
    } else {
        text = xasprintf("blocked %s", what);
    }
    free(length);
    free(what);
    return text;
}

static char *busy_text(const struct proc_step *step)
{
    char *length, *text;

    if (step->for_ms == 0)
        return xasprintf("busy: %.0f %% CPU", step->percent);
    length = duration(step->for_ms);
    text = xasprintf("busy: %.0f %% CPU for %s", step->percent, length);
    free(length);
    return text;
}

static char *step_text(const struct proc_summary *summary, const struct proc_step *step)
{
    static const char *const words[] = {
        [PROC_DOING_UNSEEN] = "none of its processes can be seen",
        [PROC_DOING_PAUSED] = "paused",
        [PROC_DOING_RUNNING] = "running",
        [PROC_DOING_SLEEPING] = "sleeping",
        [PROC_DOING_STOPPED] = "stopped by SIGSTOP",
        [PROC_DOING_TRACED] = "stopped by a debugger",
        [PROC_DOING_CHILD] = "waiting for a child",
    };

    if (proc_doing_blocks(step->doing))
        return blocked_text(step);
    if (step->doing == PROC_DOING_BUSY)
        return busy_text(step);
    if (step->doing == PROC_DOING_ENDED)
        return xasprintf("ended; %zu processes of it are left", summary->processes - 1);
    return xstrdup(words[step->doing]);
}

/* Around the words for the child that it waits for. Takes them. */
static char *around(const struct proc_step *child, char *what)
{
    char *text = child->doing == PROC_DOING_SLEEPING
                     ? xasprintf("waiting for a child (%s)", child->look->name)
                     : xasprintf("waiting for a child (%s), which is %s", child->look->name, what);

    free(what);
    return text;
}

char *proc_sentence(const struct proc_summary *summary)
{
    size_t i = summary->count - 1;
    char *text = step_text(summary, &summary->steps[i]);

    for (; i > 0; i--)
        text = around(&summary->steps[i], text);
    return text;
}
