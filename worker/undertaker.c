/* SPDX-License-Identifier: MIT */
/* PDEATHSIG has killed the workers themselves by now; their children, daemons among them, are found
 * here by the mark in their environment, by session and by descent. Works through /proc alone, so
 * it needs no list of what was started. */
#include "worker/undertaker.h"
#include "common/cgroup_fs.h"
#include "common/log.h"
#include "common/proc_scan.h"
#include "common/xalloc.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BURY_LIMIT_MS 10000
#define CLEAN_PASSES 2
#define PAUSE_FIRST_MS 5
#define PAUSE_MAX_MS 100

struct body {
    struct proc_scan_stat stat;
    bool ours;
};

struct search {
    const char *incarnation;
    pid_t self;
    pid_t spared;
    pid_t own_session;
    struct body *bodies; /* every process of this pass, but ourselves and zombies */
    size_t count;
    pid_t *sessions; /* of the marked ones of all passes: their members stay ours when the marked
                        one is dead */
    size_t session_count;
};

static bool look_cb(void *arg, pid_t pid)
{
    struct search *search = arg;
    struct body body = {.ours = false};
    char mark[ORDER_MARK_LENGTH + 1];

    if (pid == search->self || pid == search->spared || !proc_scan_stat(pid, &body.stat) ||
        strchr("ZX", body.stat.state) != NULL)
        return true;
    body.ours = proc_scan_mark(pid, mark) &&
                memcmp(mark, search->incarnation, UNDERTAKER_INCARNATION_LENGTH) == 0;
    if ((search->count & (search->count - 1)) == 0) /* full at each power of two */
        search->bodies =
            xrealloc(search->bodies, search->count > 0 ? search->count * 2 : 1, sizeof(body));
    search->bodies[search->count++] = body;
    return true;
}

static bool is_known_session(const struct search *search, pid_t session)
{
    for (size_t i = 0; i < search->session_count; i++)
        if (search->sessions[i] == session)
            return true;
    return false;
}

/* A clone that had no time for setsid(2) is still in the template's session, which is nobody's
 * mark. */
static void note_session(struct search *search, pid_t session)
{
    if (session <= 1 || session == search->own_session || is_known_session(search, session))
        return;
    search->sessions = xrealloc(search->sessions, search->session_count + 1, sizeof(pid_t));
    search->sessions[search->session_count++] = session;
}

static bool is_child_of_ours(const struct search *search, pid_t parent)
{
    for (size_t i = 0; i < search->count; i++)
        if (search->bodies[i].ours && search->bodies[i].stat.pid == parent)
            return true;
    return false;
}

/* Adds sessions and descendants of what is ours until nothing is added any more. */
static void spread(struct search *search)
{
    bool grown = true;

    for (size_t i = 0; i < search->count; i++)
        if (search->bodies[i].ours)
            note_session(search, search->bodies[i].stat.session);
    while (grown) {
        grown = false;
        for (size_t i = 0; i < search->count; i++) {
            struct body *body = &search->bodies[i];
            if (body->ours || (!is_known_session(search, body->stat.session) &&
                               !is_child_of_ours(search, body->stat.parent)))
                continue;
            body->ours = grown = true;
            note_session(search, body->stat.session);
        }
    }
}

/* One look and one blow. Returns how many there were. */
static unsigned pass(struct search *search)
{
    unsigned found = 0;

    search->count = 0;
    if (!proc_scan_each(look_cb, search))
        log_error("cannot read /proc: processes of tasks may be left");
    spread(search);
    for (size_t i = 0; i < search->count; i++) {
        const struct body *body = &search->bodies[i];
        if (!body->ours)
            continue;
        found++;
        if (!proc_scan_signal(body->stat.pid, body->stat.start_ticks, SIGKILL))
            log_debug("process %d is gone, or not ours to kill", (int)body->stat.pid);
    }
    return found;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Those with an empty environment in a session of their own are found in this way only. */
static unsigned bury_cgroup(const char *incarnation, const char *cgroup)
{
    char tree[CGROUP_FS_TREE_LENGTH + 1];
    int directory = cgroup_fs_open(cgroup);
    unsigned seen = 0;

    if (directory < 0)
        return 0; /* another has buried it already */
    snprintf(tree, sizeof(tree), CGROUP_FS_TREE "%.*s", UNDERTAKER_INCARNATION_LENGTH, incarnation);
    if (!cgroup_fs_bury(directory, tree, BURY_LIMIT_MS, &seen))
        log_error("processes of tasks could not be killed: %s is not empty", cgroup);
    close(directory);
    return seen;
}

unsigned undertaker_bury(const char *incarnation, pid_t spared, const char *cgroup)
{
    struct search search = {
        .incarnation = incarnation, .self = getpid(), .spared = spared, .own_session = getsid(0)};
    int64_t end = now_ms() + BURY_LIMIT_MS;
    long pause_ms = PAUSE_FIRST_MS;
    unsigned clean = 0, killed = cgroup != NULL ? bury_cgroup(incarnation, cgroup) : 0;

    for (;;) {
        unsigned found = pass(&search);
        struct timespec pause = {.tv_nsec = pause_ms * 1000000};

        killed += found;
        clean = found == 0 ? clean + 1 : 0;
        if (clean >= CLEAN_PASSES)
            break;
        if (now_ms() >= end) {
            log_error("%u processes of tasks could not be killed", found);
            break;
        }
        nanosleep(&pause, NULL);
        pause_ms = pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms * 2;
    }
    free(search.bodies);
    free(search.sessions);
    return killed;
}
