/* SPDX-License-Identifier: MIT */
/* Named places at which a supervisor of a test build (configure --enable-crash-points) kills
 * itself, so that a test can try what the next start makes of it. In any other build they are
 * nothing at all.
 *
 * TASKYARD_CRASH_AT=POINT:N in the environment: SIGKILL at the Nth passing of POINT. The program
 * prints the points with --crash-points. */
#ifndef COMMON_CRASH_POINT_H
#define COMMON_CRASH_POINT_H

#define CRASH_POINTS(POINT)                                                                        \
    POINT(create_before_commit)                                                                    \
    POINT(create_after_commit)                                                                     \
    POINT(claim_before_commit)                                                                     \
    POINT(claim_after_commit)                                                                      \
    POINT(spawn_after_order)                                                                       \
    POINT(spawn_after_answer)                                                                      \
    POINT(reap_after_wait)                                                                         \
    POINT(reap_before_store)                                                                       \
    POINT(finish_before_commit)                                                                    \
    POINT(finish_after_commit)                                                                     \
    POINT(artifact_before_fsync)                                                                   \
    POINT(artifact_after_fsync)                                                                    \
    POINT(artifact_after_rename)                                                                   \
    POINT(artifact_before_insert)                                                                  \
    POINT(change_before_commit)                                                                    \
    POINT(change_after_commit)                                                                     \
    POINT(settle_before_commit)                                                                    \
    POINT(settle_after_commit)                                                                     \
    POINT(outbox_before_fsync)                                                                     \
    POINT(outbox_after_fsync)                                                                      \
    POINT(outbox_after_rename)                                                                     \
    POINT(outbox_before_remove)                                                                    \
    POINT(outbox_after_remove)                                                                     \
    POINT(unload_before_commit)                                                                    \
    POINT(unload_after_commit)                                                                     \
    POINT(unload_after_remove)                                                                     \
    POINT(upgrade_before_exec)                                                                     \
    POINT(upgrade_after_exec)

#ifdef ENABLE_CRASH_POINTS

#define CRASH_POINT_ENUM(name) CRASH_##name,
enum crash_point { CRASH_POINTS(CRASH_POINT_ENUM) CRASH_POINT_COUNT };
#undef CRASH_POINT_ENUM

/* Any thread. */
void crash_at(enum crash_point point);
/* One name a line, on standard output. */
void crash_points_print(void);
#define crash_point(name) crash_at(CRASH_##name)

#else
#define crash_point(name) ((void)0)
#endif

#endif
