/* SPDX-License-Identifier: MIT */
/* What is pure about containment by cgroup: finding our own directory, reading cgroup.events. */
#include "common/cgroup_fs.h"
#include "common/proc_scan.h"
#include "supervisor/cgroup_find.h"
#include "tests/check_main.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void expect_path(const char *text, const char *expected)
{
    char *path = cgroup_find_path(text);

    if (expected == NULL)
        ck_assert_ptr_null(path);
    else
        ck_assert_pstr_eq(path, expected);
    free(path);
}

START_TEST(test_the_line_of_version_2_is_found)
{
    expect_path("0::/system.slice/taskyard.service\n", "/system.slice/taskyard.service");
    expect_path("0::/\n", "/");
    expect_path("0::/no/newline", "/no/newline");
    expect_path("12:pids:/a\n1:name=systemd:/b\n0::/c d\n", "/c d");
    expect_path("0::/two\n0::/lines\n", "/two");
}
END_TEST

START_TEST(test_what_is_no_path_of_version_2_is_refused)
{
    expect_path("", NULL);
    expect_path("12:pids:/a\n10::/b\n", NULL);
    expect_path("0:name=x:/c\n", NULL);
    expect_path("0::relative\n", NULL);
    expect_path("0::/gone (deleted)\n", NULL);
}
END_TEST

static void expect_directory(const char *mountinfo, const char *path, const char *expected)
{
    char *directory = cgroup_find_directory(mountinfo, path);

    if (expected == NULL)
        ck_assert_ptr_null(directory);
    else
        ck_assert_pstr_eq(directory, expected);
    free(directory);
}

#define UNIFIED "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"

START_TEST(test_the_mount_point_comes_first)
{
    expect_directory(UNIFIED, "/a/b", "/sys/fs/cgroup/a/b");
    expect_directory(UNIFIED, "/", "/sys/fs/cgroup");
    /* any number of optional fields, none included; other kinds of file system before it */
    expect_directory("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
                     "31 24 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
                     "32 24 0:28 / /u rw shared:1 master:2 - cgroup2 none rw\n",
                     "/x", "/u/x");
}
END_TEST

START_TEST(test_a_mount_of_a_part_shows_only_that_part)
{
    static const char part[] = "30 23 0:26 /docker/abc /cg rw - cgroup2 cgroup2 rw\n";

    expect_directory(part, "/docker/abc", "/cg");
    expect_directory(part, "/docker/abc/x", "/cg/x");
    expect_directory(part, "/docker/abcd", NULL);
    expect_directory(part, "/docker", NULL);
    expect_directory("30 23 0:26 /other /o rw - cgroup2 cgroup2 rw\n" UNIFIED, "/docker",
                     "/sys/fs/cgroup/docker");
}
END_TEST

START_TEST(test_octal_escapes_are_undone)
{
    expect_directory("30 23 0:26 / /my\\040cg\\011\\134x rw - cgroup2 cgroup2 rw\n", "/a",
                     "/my cg\t\\x/a");
    expect_directory("30 23 0:26 /a\\040b /cg rw - cgroup2 cgroup2 rw\n", "/a b/c", "/cg/c");
    expect_directory("30 23 0:26 / /odd\\9\\04 rw - cgroup2 cgroup2 rw\n", "/", "/odd\\9\\04");
}
END_TEST

START_TEST(test_torn_lines_of_mountinfo_are_skipped)
{
    expect_directory("", "/a", NULL);
    expect_directory("30 23 0:26 /\n", "/a", NULL);
    expect_directory("30 23 0:26 / /cg rw\n", "/a", NULL);
    expect_directory("30 23 0:26 / /cg rw -\n" UNIFIED, "/a", "/sys/fs/cgroup/a");
    expect_directory("30 23 0:26 / /cg rw - cgroup2x none rw\n", "/a", NULL);
}
END_TEST

START_TEST(test_a_path_leads_through_whole_names)
{
    ck_assert(cgroup_find_leads_through("/a/taskyard-1/supervisor", "taskyard-1"));
    ck_assert(cgroup_find_leads_through("/a/taskyard-1", "taskyard-1"));
    ck_assert(cgroup_find_leads_through("/taskyard-12/taskyard-1", "taskyard-1"));
    ck_assert(!cgroup_find_leads_through("/a/taskyard-12/x", "taskyard-1"));
    ck_assert(!cgroup_find_leads_through("/a/my-taskyard-1/x", "taskyard-1"));
    ck_assert(!cgroup_find_leads_through("", "taskyard-1"));
}
END_TEST

START_TEST(test_events_say_whether_it_is_empty)
{
    ck_assert_int_eq(cgroup_fs_parse_events("populated 0\nfrozen 0\n"), CGROUP_FS_EMPTY);
    ck_assert_int_eq(cgroup_fs_parse_events("populated 1\nfrozen 0\n"), CGROUP_FS_POPULATED);
    ck_assert_int_eq(cgroup_fs_parse_events("frozen 1\npopulated 1"), CGROUP_FS_POPULATED);
    ck_assert_int_eq(cgroup_fs_parse_events("populated 0\nfrozen 1\n"), CGROUP_FS_ODD);
    ck_assert_int_eq(cgroup_fs_parse_events("new_word 1\npopulated 1\n"), CGROUP_FS_POPULATED);
    ck_assert_int_eq(cgroup_fs_parse_events("populated 0\n"), CGROUP_FS_EMPTY); /* before 5.2 */
}
END_TEST

START_TEST(test_what_cannot_be_read_is_not_empty_for_reuse)
{
    ck_assert_int_eq(cgroup_fs_look(-1), CGROUP_FS_ODD);
    ck_assert_int_eq(cgroup_fs_parse_events(""), CGROUP_FS_ODD);
}
END_TEST

START_TEST(test_only_a_cgroup2_directory_can_be_opened)
{
    ck_assert_int_eq(cgroup_fs_open("/tmp"), -1);
    ck_assert_int_eq(cgroup_fs_open("/proc/self/cgroup"), -1);
    ck_assert_int_eq(cgroup_fs_open("/nonexistent"), -1);
}
END_TEST

START_TEST(test_a_process_elsewhere_is_not_signalled)
{
    char path[4096], part[4200];

    ck_assert(!proc_scan_signal_in_cgroup(getpid(), "/taskyard-0123/", SIGKILL));
    if (proc_scan_cgroup(getpid(), path, sizeof(path))) { /* a kernel without version 2 has none */
        snprintf(part, sizeof(part), "%sx", path);
        ck_assert(!proc_scan_signal_in_cgroup(getpid(), part, SIGKILL));
        ck_assert(proc_scan_signal_in_cgroup(getpid(), path, 0));
        ck_assert(!proc_scan_cgroup(getpid(), path, strlen(path)));
    }
}
END_TEST

/* A directory of any file system will do: what counts is what is written there. */
static void put_file(int directory, const char *name, const char *text)
{
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

START_TEST(test_processes_that_were_killed_for_want_of_memory)
{
    char path[] = "/tmp/check_cgroup.XXXXXX";
    int directory;

    ck_assert_ptr_nonnull(mkdtemp(path));
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_uint_eq(cgroup_fs_oom_kills(directory), 0); /* no memory controller */
    put_file(directory, "memory.events", "low 0\nhigh 0\nmax 9\noom 2\noom_kill 3\n");
    ck_assert_uint_eq(cgroup_fs_oom_kills(directory), 3);
    unlinkat(directory, "memory.events", 0);
    close(directory);
    rmdir(path);
}
END_TEST

START_TEST(test_events_say_whether_it_is_frozen)
{
    char path[] = "/tmp/check_cgroup.XXXXXX";
    int events = mkstemp(path);

    ck_assert_int_ge(events, 0);
    ck_assert(!cgroup_fs_is_frozen(events));
    ck_assert_int_eq(pwrite(events, "populated 1\nfrozen 0\n", 21, 0), 21);
    ck_assert(!cgroup_fs_is_frozen(events));
    ck_assert_int_eq(pwrite(events, "populated 1\nfrozen 1\n", 21, 0), 21);
    ck_assert(cgroup_fs_is_frozen(events));
    close(events);
    unlink(path);
}
END_TEST

static Suite *cgroup_suite(void)
{
    Suite *suite = suite_create("cgroup");
    TCase *find = tcase_create("find"), *files = tcase_create("files");

    tcase_add_test(find, test_the_line_of_version_2_is_found);
    tcase_add_test(find, test_what_is_no_path_of_version_2_is_refused);
    tcase_add_test(find, test_the_mount_point_comes_first);
    tcase_add_test(find, test_a_mount_of_a_part_shows_only_that_part);
    tcase_add_test(find, test_octal_escapes_are_undone);
    tcase_add_test(find, test_torn_lines_of_mountinfo_are_skipped);
    tcase_add_test(find, test_a_path_leads_through_whole_names);
    tcase_add_test(files, test_events_say_whether_it_is_empty);
    tcase_add_test(files, test_what_cannot_be_read_is_not_empty_for_reuse);
    tcase_add_test(files, test_events_say_whether_it_is_frozen);
    tcase_add_test(files, test_processes_that_were_killed_for_want_of_memory);
    tcase_add_test(files, test_only_a_cgroup2_directory_can_be_opened);
    tcase_add_test(files, test_a_process_elsewhere_is_not_signalled);
    suite_add_tcase(suite, find);
    suite_add_tcase(suite, files);
    return suite;
}

CHECK_MAIN(cgroup_suite)
