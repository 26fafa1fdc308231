/* SPDX-License-Identifier: MIT */
/* The real template, driven as a supervisor drives it: types, plugin and command workers, what they
 * see, how they fail. WORKER_PROGRAM, TEST_PROGRAMS (env_dump) and TEST_PLUGINS (probe_plugin.so,
 * odd_plugin.so) are paths in the build tree. */
#include "common/fd_util.h"
#include "common/exitcode.h"
#include "common/xalloc.h"
#include "tests/check_main.h"
#include "tests/template_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct driver driver;
static struct driver_run run;

static void tell_plugin(const char *type, const char *plugin)
{
    char *members = xasprintf("\"plugin\":\"%s/%s\"", TEST_PLUGINS, plugin);

    driver_type(&driver, type, members);
    free(members);
}

static void tell_command(const char *type, const char *program, const char *more)
{
    char *members = xasprintf("\"command\":[\"%s\",\"a b\",\"$(x)\",\"\"]%s", program, more);

    driver_type(&driver, type, members);
    free(members);
}

#define PROGRAM_MAX (64 * 1024 * 1024)

static void tell_env_dump(const char *type, const char *more)
{
    char *program = xasprintf("%s/env_dump", TEST_PROGRAMS);

    tell_command(type, program, more);
    free(program);
}

static void ready_without_errors(void)
{
    char *errors = driver_ready(&driver);

    ck_assert_str_eq(errors, "");
    free(errors);
}

static void setup(void)
{
    driver_start(&driver, WORKER_PROGRAM);
}

static void teardown(void)
{
    driver_run_clear(&run);
    ck_assert_int_eq(driver_stop(&driver), 0);
}

/* The result that the run sent; the caller puts it. */
static json_object *result_of(const struct driver_run *of)
{
    const char *line = strstr(of->message_text, "{\"result\":");
    json_object *message, *result = NULL;

    ck_assert_msg(line != NULL, "%s", of->message_text);
    message = json_tokener_parse(line);
    ck_assert(json_object_object_get_ex(message, "result", &result));
    json_object_get(result);
    json_object_put(message);
    return result;
}

static const char *text_at(json_object *object, const char *path)
{
    json_object *value = object;
    char *copy = xstrdup(path), *rest = copy, *key;

    while ((key = strsep(&rest, ".")) != NULL)
        if (!json_object_object_get_ex(value, key, &value))
            ck_abort_msg("no %s in %s", path, json_object_to_json_string(object));
    free(copy);
    return json_object_get_string(value);
}

static const struct {
    const char *name;
    const char *members;
    const char *error;
} bad_types[] = {
    {"t", "\"plugin\":\"/nonexistent.so\"", "cannot load plugin /nonexistent.so: No such file"},
    {"t", "\"plugin\":\"/etc/passwd\"", "cannot load plugin: /etc/passwd"},
    {"t", "\"plugin\":\"/etc\"", "not a regular file"},
    {"t", "\"plugin\":\"noop.so\"", "not an absolute path"},
    {"t", "\"plugin\":\"@/odd_plugin.so\"", "was built for task ABI 42, this Taskyard has 1"},
    {"t", "\"plugin\":\"@/probe_plugin.so\"", "has no runner for type \"t\""},
    {"t", "\"plugin\":\"@/abort_plugin.so\"", "ends the process when it is loaded"},
    {"t", "\"command\":[\"true\"]", "not an absolute path"},
    {"t", "\"command\":[]", "needs a name, and a plugin or a command"},
    {"t", "\"command\":[\"/bin/true\"],\"user\":\"nobody-of-that-name\"", "there is no user"},
    {"t", "\"command\":[\"/bin/true\"],\"environment\":[\"TASKYARD_MARK=x\"]", "reserved"},
    {"t", "\"command\":[\"/bin/true\"],\"environment\":[\"NOTHING\"]", "is not NAME=value"},
};

START_TEST(test_a_type_that_cannot_be_loaded_is_named)
{
    const char *at = strchr(bad_types[_i].members, '@');
    char *members = at == NULL ? xstrdup(bad_types[_i].members)
                               : xasprintf("\"plugin\":\"%s%s", TEST_PLUGINS, at + 1);
    char *errors;

    driver_type(&driver, bad_types[_i].name, members);
    driver_type(&driver, "good", "\"command\":[\"/bin/true\"]");
    errors = driver_ready(&driver);
    ck_assert_msg(strncmp(errors, "t: ", 3) == 0 && strstr(errors, bad_types[_i].error) != NULL,
                  "%s", errors);
    driver_run_type(&driver, "good", NULL, &run);
    ck_assert_int_eq(run.wait_status, 0);
    free(errors);
    free(members);
}
END_TEST

START_TEST(test_a_type_told_twice)
{
    char *errors;

    driver_type(&driver, "t", "\"command\":[\"/bin/true\"]");
    driver_type(&driver, "t", "\"command\":[\"/bin/false\"]");
    errors = driver_ready(&driver);
    ck_assert_str_eq(errors, "t: type \"t\" was told twice\n");
    free(errors);
}
END_TEST

START_TEST(test_plugin_worker)
{
    json_object *result;
    char mark[64], parent[16];

    tell_plugin("probe", "probe_plugin.so");
    ready_without_errors();
    driver_run_type(&driver, "probe", "the input", &run);
    ck_assert_int_eq(run.wait_status, 0);
    result = result_of(&run);
    ck_assert_str_eq(text_at(result, "id"), "0b0e7a52-0000-4000-8000-000000000001");
    ck_assert_str_eq(text_at(result, "type"), "probe");
    ck_assert_str_eq(text_at(result, "attempt"), "2");
    ck_assert_str_eq(text_at(result, "creator"), "ann");
    ck_assert_str_eq(text_at(result, "payload"), "the input");
    ck_assert_str_eq(text_at(result, "size"), "9");
    ck_assert_str_eq(text_at(result, "secret"), "false");
    ck_assert_str_eq(text_at(result, "session"), "true");
    snprintf(parent, sizeof(parent), "%d", (int)getpid());
    ck_assert_str_eq(text_at(result, "parent"), parent);
    snprintf(mark, sizeof(mark), "%s-%016x", driver.incarnation, 1);
    ck_assert_str_eq(text_at(result, "mark"), mark);
    json_object_put(result);
    ck_assert_ptr_nonnull(
        strstr(run.message_text, "{\"artifact\":\"report.csv\",\"name\":\"r.csv\"}\n"));
    ck_assert_ptr_nonnull(
        strstr(run.message_text, "{\"log\":\"line 1\",\"level\":\"warn\"}\n{\"log\":\"line 2\""));
    ck_assert_str_eq(run.output_text,
                     "a line of standard output\nrefused: -1 -1\nno newline at the end");
}
END_TEST

static bool template_holds(const char *name)
{
    char *path = xasprintf("/proc/%d/maps", (int)driver.pid), line[512];
    FILE *maps = fopen(path, "re");
    bool found = false;

    ck_assert_ptr_nonnull(maps);
    while (!found && fgets(line, sizeof(line), maps) != NULL)
        found = strstr(line, name) != NULL;
    fclose(maps);
    free(path);
    return found;
}

START_TEST(test_a_plugin_with_libraries_of_its_own_is_loaded_by_the_worker)
{
    tell_plugin("made", "late_plugin.so");
    tell_plugin("fail", "probe_plugin.so");
    ready_without_errors();
    ck_assert(!template_holds("late_plugin.so"));
    ck_assert(template_holds("probe_plugin.so"));
    driver_run_type(&driver, "made", NULL, &run);
    ck_assert_int_eq(run.wait_status, 0);
    ck_assert_str_eq(run.output_text, "destroyed: made before\n");
}
END_TEST

static const struct {
    const char *type;
    const char *said; /* in the messages */
    int exit_status;  /* -1: killed by SIGABRT */
} plugin_ends[] = {
    {"fail", "{\"error\":\"the printer is on fire\"}\n", 1},
    {"bad_result", "{\"error\":\"the result is not JSON\"}\n", 1},
    {"odd_return", "{\"error\":\"the runner returned 17,", 1},
    {"refused", "{\"error\":\"out of paper\"}\n", 1},
    {"made", "{\"log\":\"made before\",\"level\":\"info\"}\n", 0},
    {"crash", "", -1},
};

START_TEST(test_plugin_end)
{
    tell_plugin(plugin_ends[_i].type, "probe_plugin.so");
    ready_without_errors();
    driver_run_type(&driver, plugin_ends[_i].type, NULL, &run);
    ck_assert_msg(strstr(run.message_text, plugin_ends[_i].said) != NULL, "%s", run.message_text);
    if (plugin_ends[_i].exit_status >= 0)
        ck_assert(WIFEXITED(run.wait_status) &&
                  WEXITSTATUS(run.wait_status) == plugin_ends[_i].exit_status);
    else
        ck_assert(WIFSIGNALED(run.wait_status) && WTERMSIG(run.wait_status) == SIGABRT);
    if (strcmp(plugin_ends[_i].type, "made") == 0)
        ck_assert_str_eq(run.output_text, "destroyed: made before\n");
}
END_TEST

START_TEST(test_lines_of_threads_do_not_mix)
{
    size_t lines = 0;

    tell_plugin("threads", "probe_plugin.so");
    ready_without_errors();
    driver_run_type(&driver, "threads", NULL, &run);
    for (char *line = run.message_text, *end; (end = strchr(line, '\n')) != NULL;
         line = end + 1, lines++)
        ck_assert_int_eq(strncmp(line, "{\"log\":\"0123456789", 18), 0);
    ck_assert_uint_eq(lines, 2000);
}
END_TEST

START_TEST(test_sigterm_asks_a_plugin_to_stop)
{
    tell_plugin("wait", "probe_plugin.so");
    ready_without_errors();
    ck_assert_int_eq(driver_spawn(&driver, "wait", NULL, &run), 0);
    driver_wait_message(&run, "waiting");
    kill(run.pid, SIGTERM);
    driver_finish(&run);
    ck_assert_int_eq(run.wait_status, 0);
    ck_assert_ptr_nonnull(strstr(run.message_text, "{\"cancelled\":true}\n"));
}
END_TEST

START_TEST(test_a_sigterm_of_the_first_moment_is_not_lost)
{
    tell_plugin("wait", "probe_plugin.so");
    ready_without_errors();
    for (int i = 0; i < 50; i++) {
        ck_assert_int_eq(driver_spawn(&driver, "wait", NULL, &run), 0);
        kill(run.pid, SIGTERM);
        driver_finish(&run);
        ck_assert_int_eq(run.wait_status, 0);
        driver_run_clear(&run);
    }
}
END_TEST

START_TEST(test_command_worker_sees_what_it_should_and_nothing_else)
{
    static const char *const names[] = {"PATH",
                                        "LANG",
                                        "HOME",
                                        "TMPDIR",
                                        "COLOUR",
                                        "TASKYARD_TASK_ID",
                                        "TASKYARD_TYPE",
                                        "TASKYARD_MARK",
                                        "TASKYARD_ATTEMPT",
                                        "TASKYARD_CREATOR",
                                        "TASKYARD_WORK_DIR"};
    json_object *result, *environment;

    tell_env_dump("dump", ",\"environment\":[\"COLOUR=light blue\"]");
    ready_without_errors();
    driver_run_type(&driver, "dump", "x", &run);
    ck_assert_msg(run.wait_status == 0, "%s", run.message_text);
    result = result_of(&run);
    ck_assert_str_eq(text_at(result, "fds"), "[ 0, 1, 2, 3 ]");
    ck_assert_str_eq(text_at(result, "environment.COLOUR"), "light blue");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_object_object_get_ex(result, "environment", &environment);
        ck_assert_msg(json_object_object_get_ex(environment, names[i], NULL), "%s", names[i]);
        json_object_object_del(environment, names[i]);
    }
    ck_assert_int_eq(json_object_object_length(environment), 0);
    ck_assert_str_eq(text_at(result, "status.SigBlk"), "0000000000000000");
    ck_assert_str_eq(text_at(result, "status.SigIgn"), "0000000000000000");
    ck_assert_str_eq(text_at(result, "status.NoNewPrivs"), "1");
    ck_assert_str_eq(text_at(result, "limits.core"), "0");
    ck_assert_str_eq(text_at(result, "cwd"), run.work_dir);
    ck_assert_str_eq(text_at(result, "mode"), "448"); /* 0700 */
    ck_assert_str_eq(text_at(result, "umask"), "23"); /* 0027 */
    ck_assert_str_eq(text_at(result, "session"), text_at(result, "pid"));
    ck_assert_int_eq(atoi(text_at(result, "parent")), (int)getpid());
    ck_assert_ptr_nonnull(strstr(text_at(result, "arguments"), "\"a b\", \"$(x)\", \"\""));
    json_object_put(result);
}
END_TEST

START_TEST(test_limits)
{
    json_object *result;

    tell_env_dump(
        "dump",
        ",\"limits\":{\"memory_bytes\":1125899906842624,\"cpu_seconds\":7,\"processes\":5000,"
        "\"open_files\":40,\"file_size_bytes\":1000000}");
    ready_without_errors();
    driver_run_type(&driver, "dump", NULL, &run);
    result = result_of(&run);
    ck_assert_str_eq(text_at(result, "limits.as"), "1125899906842624");
    ck_assert_str_eq(text_at(result, "limits.cpu"), "7");
    ck_assert_str_eq(text_at(result, "limits.nproc"), "5000");
    ck_assert_str_eq(text_at(result, "limits.nofile"), "40");
    ck_assert_str_eq(text_at(result, "limits.fsize"), "1000000");
    json_object_put(result);
}
END_TEST

/* A copy where another user can reach it, which the build directory need not be. */
static char *public_env_dump(void)
{
    char *program = xasprintf("%s/env_dump", TEST_PROGRAMS);
    char *copy = xasprintf("/tmp/taskyard-env-dump.%d", (int)getpid()), *bytes;
    size_t size;
    int fd = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

    bytes = fd_read_file(program, PROGRAM_MAX, &size);
    ck_assert(fd >= 0 && bytes != NULL && fd_write_all(fd, bytes, size) && fchmod(fd, 0755) == 0);
    close(fd);
    free(bytes);
    free(program);
    return copy;
}

START_TEST(test_a_user_of_its_own)
{
    const struct passwd *nobody = getpwnam("nobody");
    json_object *result;
    char *errors, *program = public_env_dump();

    tell_command("dump", program, geteuid() == 0 ? ",\"user\":\"nobody\"" : ",\"user\":\"root\"");
    errors = driver_ready(&driver);
    if (geteuid() != 0 || nobody == NULL) {
        ck_assert_ptr_nonnull(strstr(errors, "needs a supervisor with privilege"));
        free(errors);
        unlink(program);
        return;
    }
    free(errors);
    driver_run_type(&driver, "dump", NULL, &run);
    unlink(program);
    free(program);
    ck_assert_msg(run.wait_status == 0, "%s", run.message_text);
    result = result_of(&run);
    ck_assert_int_eq(atoi(text_at(result, "uid")), (int)nobody->pw_uid);
    ck_assert_int_eq(atoi(text_at(result, "gid")), (int)nobody->pw_gid);
    ck_assert_int_eq(atoi(text_at(result, "owner")), (int)nobody->pw_uid);
    ck_assert_int_le(atoi(text_at(result, "groups")), 1);
    ck_assert_str_eq(text_at(result, "status.CapPrm"), "0000000000000000");
    ck_assert_str_eq(text_at(result, "status.CapEff"), "0000000000000000");
    json_object_put(result);
}
END_TEST

static const struct {
    const char *program;
    int exit_status;
    const char *said;
} no_programs[] = {
    {"/nonexistent/x", WORKER_EXIT_NOT_FOUND,
     "no such program: \\/nonexistent\\/x (No such file or directory)"},
    {"/etc/passwd/x", WORKER_EXIT_NOT_FOUND, "no such program: "},
    {"/etc/passwd", WORKER_EXIT_NOT_EXECUTABLE, "program not executable: "},
    {"/etc", WORKER_EXIT_NOT_EXECUTABLE, "program not executable: "},
};

START_TEST(test_a_program_that_cannot_be_started)
{
    tell_command("t", no_programs[_i].program, "");
    ready_without_errors();
    driver_run_type(&driver, "t", NULL, &run);
    ck_assert(WIFEXITED(run.wait_status));
    ck_assert_int_eq(WEXITSTATUS(run.wait_status), no_programs[_i].exit_status);
    ck_assert_int_eq(strncmp(run.message_text, "{\"start_error\":\"", 16), 0);
    ck_assert_msg(strstr(run.message_text, no_programs[_i].said) != NULL, "%s", run.message_text);
}
END_TEST

static void spawn_into(const char *name, const char *content)
{
    char *path = xasprintf("%s/%s", driver.state_dir, name), *file = xasprintf("%s/left", path);

    ck_assert_int_eq(mkdir(path, 0700), 0);
    if (content != NULL)
        close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    free(path);
    free(file);
    driver_run_type(&driver, "t", NULL, &run);
}

START_TEST(test_work_directory_of_another)
{
    driver_type(&driver, "t", "\"command\":[\"/bin/true\"]");
    ready_without_errors();
    spawn_into("1", NULL); /* an empty one is used */
    ck_assert_int_eq(run.wait_status, 0);
    driver_run_clear(&run);
    spawn_into("2", "something");
    ck_assert_int_eq(WEXITSTATUS(run.wait_status), WORKER_EXIT_SETUP);
    ck_assert_ptr_nonnull(strstr(run.message_text, "File exists"));
}
END_TEST

START_TEST(test_orders_that_are_refused_are_answered)
{
    json_object *answer;

    ready_without_errors();
    ck_assert_int_eq(driver_spawn(&driver, "unknown", NULL, &run), ENOENT);
    driver_send(&driver, "nonsense", NULL, 0);
    driver_send(&driver, "{\"op\":\"spawn\",\"run\":5}", NULL, 0);
    answer = driver_receive(&driver);
    ck_assert_str_eq(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN),
                     "{\"run\":5,\"errno\":22}");
    json_object_put(answer);
}
END_TEST

START_TEST(test_no_descriptor_is_left_open_in_the_template)
{
    char *path = xasprintf("/proc/%d/fd", (int)driver.pid);
    struct stat before, after;

    tell_plugin("fail", "probe_plugin.so");
    ready_without_errors();
    ck_assert_int_eq(stat(path, &before), 0);
    for (int i = 0; i < 20; i++) {
        driver_run_type(&driver, "fail", "x", &run);
        driver_run_clear(&run);
        driver_spawn(&driver, "unknown", "x", &run);
        driver_run_clear(&run);
    }
    free(driver_ready(&driver)); /* it is idle again */
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_eq(before.st_size, after.st_size);
    free(path);
}
END_TEST

static Suite *template_suite(void)
{
    Suite *suite = suite_create("template");
    TCase *tests = tcase_create("template");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, test_a_type_that_cannot_be_loaded_is_named, 0,
                        sizeof(bad_types) / sizeof(bad_types[0]));
    tcase_add_test(tests, test_a_type_told_twice);
    tcase_add_test(tests, test_plugin_worker);
    tcase_add_test(tests, test_a_plugin_with_libraries_of_its_own_is_loaded_by_the_worker);
    tcase_add_loop_test(tests, test_plugin_end, 0, sizeof(plugin_ends) / sizeof(plugin_ends[0]));
    tcase_add_test(tests, test_lines_of_threads_do_not_mix);
    tcase_add_test(tests, test_sigterm_asks_a_plugin_to_stop);
    tcase_add_test(tests, test_a_sigterm_of_the_first_moment_is_not_lost);
    tcase_add_test(tests, test_command_worker_sees_what_it_should_and_nothing_else);
    tcase_add_test(tests, test_limits);
    tcase_add_test(tests, test_a_user_of_its_own);
    tcase_add_loop_test(tests, test_a_program_that_cannot_be_started, 0,
                        sizeof(no_programs) / sizeof(no_programs[0]));
    tcase_add_test(tests, test_work_directory_of_another);
    tcase_add_test(tests, test_orders_that_are_refused_are_answered);
    tcase_add_test(tests, test_no_descriptor_is_left_open_in_the_template);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(template_suite)
