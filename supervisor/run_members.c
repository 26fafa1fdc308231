/* SPDX-License-Identifier: MIT */
/* The tree is walked from above, by what the kernel lists as the children of each thread (proc(5)):
 * that costs as much as the tree is large, however many processes the machine has. */
#include "supervisor/run_members.h"
#include "common/fd_util.h"
#include "common/xalloc.h"
#include "supervisor/cgroup.h"
#include "supervisor/run.h"
#include "supervisor/tree.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHILDREN_MAX (64 * 1024) /* bytes of the list of one thread's children */

static void add(struct run_members *members, pid_t pid)
{
    struct proc_scan_stat stat;

    members->cut = members->cut || members->count == RUN_MEMBERS_MAX;
    if (members->cut || !proc_scan_stat(pid, &stat))
        return;
    if (members->rows == NULL)
        members->rows = xcalloc(RUN_MEMBERS_MAX, sizeof(*members->rows));
    members->rows[members->count++] = stat;
}

static void add_cb(void *arg, pid_t pid)
{
    add(arg, pid);
}

static void add_children_of_thread(struct run_members *members, pid_t pid, const char *thread)
{
    char path[sizeof("/proc/2147483647/task//children") + 16], *list, *next, *end;
    size_t size;

    snprintf(path, sizeof(path), "/proc/%d/task/%.10s/children", (int)pid, thread);
    list = fd_read_file(path, CHILDREN_MAX, &size);
    if (list == NULL)
        return;
    for (next = list;; next = end) {
        pid_t child = (pid_t)strtol(next, &end, 10);
        if (end == next)
            break;
        add(members, child);
    }
    free(list);
}

static void add_children(struct run_members *members, pid_t pid)
{
    char path[sizeof("/proc/2147483647/task")];
    const struct dirent *entry;
    DIR *threads;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    threads = opendir(path);
    if (threads == NULL)
        return; /* it has ended meanwhile: its children are ours now, and found there next time */
    while ((entry = readdir(threads)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]))
            add_children_of_thread(members, pid, entry->d_name);
    closedir(threads);
}

static void walk(struct run *run, struct run_members *members)
{
    if (!run->reaped)
        add(members, run->pid);
    tree_each_stray(run, add_cb, members);
    for (size_t i = 0; i < members->count && !members->cut; i++)
        add_children(members, members->rows[i].pid);
}

/* Puts every process behind its parent; cgroup.procs lists them in no order. */
static void put_parents_first(struct run_members *members)
{
    struct proc_scan_stat *rows = members->rows;
    size_t placed = 0;

    while (placed < members->count) {
        size_t before = placed;
        for (size_t i = placed; i < members->count; i++) {
            bool waits = false;
            for (size_t j = placed; j < members->count && !waits; j++)
                waits = j != i && rows[j].pid == rows[i].parent;
            if (!waits) {
                struct proc_scan_stat row = rows[i];
                memmove(&rows[placed + 1], &rows[placed], (i - placed) * sizeof(row));
                rows[placed++] = row;
            }
        }
        if (placed == before)
            return; /* numbers were given away while we looked */
    }
}

void run_members_read(struct run *run, struct run_members *members)
{
    *members = (struct run_members){.count = 0};
    if (run->pid <= 1)
        return;
    if (run->leaf == NULL) {
        walk(run, members);
        return;
    }
    cgroup_leaf_each(run->leaf, add_cb, members);
    put_parents_first(members);
}

void run_members_free(struct run_members *members)
{
    free(members->rows);
    *members = (struct run_members){.count = 0};
}

static bool is_alive(const struct proc_scan_stat *stat)
{
    return stat->state != 'Z' && stat->state != 'X';
}

unsigned run_members_living(const struct run_members *members)
{
    unsigned living = 0;

    for (size_t i = 0; i < members->count; i++)
        living += is_alive(&members->rows[i]);
    return living;
}

void run_members_signal(const struct run_members *members, int signal)
{
    for (size_t i = 0; i < members->count; i++)
        if (is_alive(&members->rows[i]))
            proc_scan_signal(members->rows[i].pid, members->rows[i].start_ticks, signal);
}
