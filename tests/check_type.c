/* SPDX-License-Identifier: MIT */
/* Descriptors: what loads, what is refused, and that the refusal says where and why. */
#include "common/attempt_cause.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "supervisor/type.h"
#include "supervisor/type_create.h"
#include "tests/check_main.h"
#include "tests/put_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/check_type.XXXXXX";

static void set_up(void)
{
    strcpy(directory, "/tmp/check_type.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    log_open("check_type", LOG_LEVEL_ERROR);
    ck_assert_int_ge(dup2(open("/dev/null", O_WRONLY), STDERR_FILENO), 0);
}

static void tear_down(void)
{
    char command[300];

    snprintf(command, sizeof(command), "rm -rf %s", directory);
    ck_assert_int_eq(system(command), 0);
}

static struct type_registry *read_all(void)
{
    struct type_registry *registry = type_registry_new();

    type_registry_read(registry, directory);
    return registry;
}

START_TEST(every_member_is_read)
{
    struct type_registry *registry;
    const struct task_type *type;

    put_file(directory, "a.conf",
             "type full {\n runner = command\n command = {\"/bin/echo\", \"a b\", "
             "\"$HOME\"}\n max_retries = 3\n"
             " backoff = 0.5 backoff_max = 8\n timeout = 60 stall_timeout = 2.5 grace = "
             "1\n on_interrupt = fail\n"
             " environment = {\"A=1\", \"B=x=y\"}\n network = none\n read_only = true\n"
             " limits { memory_mb = 64 cpu_seconds = 5 processes = 9 open_files = 32 "
             "file_size_mb = 1 }\n}\n");
    registry = read_all();
    type = type_registry_find(registry, "full");
    ck_assert_uint_eq(type_registry_problem_count(registry), 0);
    ck_assert_ptr_nonnull(type);
    ck_assert_ptr_null(type->plugin);
    ck_assert_str_eq(type->command[1], "a b");
    ck_assert_str_eq(type->command[2], "$HOME");
    ck_assert_ptr_null(type->command[3]);
    ck_assert_int_eq(type->max_retries, 3);
    ck_assert_uint_eq(type->backoff_ms, 500);
    ck_assert_uint_eq(type->backoff_max_ms, 8000);
    ck_assert_uint_eq(type->timeout_ms, 60000);
    ck_assert_uint_eq(type->stall_timeout_ms, 2500);
    ck_assert_uint_eq(type->grace_ms, 1000);
    ck_assert_int_eq(type->on_interrupt, ON_INTERRUPT_FAIL);
    ck_assert_str_eq(type->environment[1], "B=x=y");
    ck_assert(type->no_network && type->read_only);
    ck_assert_int_eq(type->limits.memory_bytes, 64 << 20);
    ck_assert_int_eq(type->limits.file_size_bytes, 1 << 20);
    type_registry_free(registry);
}
END_TEST

START_TEST(defaults)
{
    struct type_registry *registry;
    const struct task_type *type;

    put_file(directory, "a.conf", "type plain { runner = command command = {\"/bin/true\"} }\n");
    registry = read_all();
    type = type_registry_find(registry, "plain");
    ck_assert_ptr_nonnull(type);
    ck_assert_int_eq(type->max_retries, 0);
    ck_assert_uint_eq(type->timeout_ms, 0);
    ck_assert_uint_eq(type->grace_ms, 10000);
    ck_assert_int_eq(type->on_interrupt, ON_INTERRUPT_REQUEUE);
    ck_assert_ptr_null(type->user);
    ck_assert_ptr_null(type->environment[0]);
    ck_assert(!type->no_network && !type->read_only);
    ck_assert_uint_eq(type->retry_on, CAUSES_RETRIED);
    type_registry_free(registry);
}
END_TEST

START_TEST(causes_that_are_tried_again)
{
    struct type_registry *registry;

    put_file(directory, "a.conf",
             "type a { runner = command command = {\"/bin/true\"} retry_on = {} }\n"
             "type b { runner = command command = {\"/bin/true\"} retry_on = {\"timeout\", "
             "\"start\", \"cpu_limit\"} }\n");
    registry = read_all();
    ck_assert_uint_eq(type_registry_problem_count(registry), 0);
    ck_assert_uint_eq(type_registry_find(registry, "a")->retry_on, 0);
    ck_assert_uint_eq(type_registry_find(registry, "b")->retry_on, CAUSE_BIT(CAUSE_TIMEOUT) |
                                                                       CAUSE_BIT(CAUSE_START) |
                                                                       CAUSE_BIT(CAUSE_CPU_LIMIT));
    type_registry_free(registry);
}
END_TEST

#define CREATE "type bad { runner = command command = {\"/bin/true\"}\ncreate { "
#define FIELD(name, text)                                                                          \
    CREATE "path = \"/api/b\" permission = \"a:b\"\nfield " name " { " text " } } }\n"

static const struct {
    const char *text;   /* of bad.conf; its fault is on line 3 */
    const char *reason; /* part of the message */
} faults[] = {
    {"type bad {\n\nrunner = shell\n command = {\"/bin/true\"} }\n",
     "runner must be plugin or command"},
    {"type bad {\nrunner = command\nmax_retries = -1 }\n", "max_retries must be from 0"},
    {"type bad {\nrunner = command\nmax_retries = 5000 }\n", "max_retries must be from 0"},
    {"type bad {\nrunner = command\ntimeout = -5 }\n", "timeout must be from 0"},
    {"type bad {\nrunner = command\nunknown = 1 }\n", "no such option 'unknown'"},
    {"type bad {\nrunner = command\non_interrupt = maybe }\n",
     "on_interrupt must be requeue or fail"},
    {"type bad {\nrunner = command\nnetwork = private }\n",
     "network must be host or none, not \"private\""},
    {"type bad {\nrunner = command\nread_only = perhaps }\n", "read_only"},
    {"type bad {\nrunner = command\nretry_on = {\"exit\", \"oops\"} }\n",
     "retry_on: \"oops\" is no failure"},
    {"type bad {\nrunner = command\nretry_on = {\"cancel\"} }\n",
     "is no failure that is tried again"},
    {"type bad {\nrunner = command\nenvironment = {\"NOEQUALS\"} }\n", "environment needs"},
    {"type bad {\nrunner = command\nenvironment = {\"TASKYARD_X=1\"} }\n", "TASKYARD_"},
    {"type bad {\n\nrunner = command }\n", "command must be a list"},
    {CREATE "\npermission = \"a:b\" } }\n", "create: path must be"},
    {CREATE "\npath = \"/tasks\" permission = \"a:b\" } }\n", "begins with /api/"},
    {CREATE "\npath = \"/api/a b\" permission = \"a:b\" } }\n", "create: path must be"},
    {CREATE "\npath = \"/api/../b\" permission = \"a:b\" } }\n", "create: path must be"},
    {CREATE "\npath = \"/api/b/\" permission = \"a:b\" } }\n", "create: path must be"},
    {CREATE "\npath = \"/api/{}\" permission = \"a:b\" } }\n", "create: path must be"},
    {CREATE "\npath = \"/api/b\" } }\n", "create: permission must"},
    {CREATE "\npath = \"/api/b\" permission = \"everything\" } }\n", "create: permission must"},
    {CREATE "\npath = \"/api/b\" permission = \"a:B\" } }\n", "create: permission must"},
    {CREATE "\npath = \"/api/b\" permission = \"a:b\" method = GET } }\n", "method must be POST"},
    {CREATE "\npath = \"/api/b\" permission = \"a:b\" max_retries = 1001 } }\n",
     "create: max_retries must"},
    {FIELD("x-y", "type = string"), "a field's name has"},
    {FIELD("f", "type = text"), "create: field \"f\": type must be"},
    {FIELD("f", "type = string min = 1"), "min and max go with"},
    {FIELD("f", "type = int min = 2 max = 1"), "min is larger"},
    {FIELD("f", "type = int max = 1e17"), "min and max of an int"},
    {FIELD("f", "type = string max_length = 0"), "max_length must be"},
    {FIELD("f", "type = string_list max_items = 99999"), "max_items must be"},
    {FIELD("f", "type = int one_of = {\"1\"}"), "one_of goes with"},
    {FIELD("f", "type = string one_of = {\"a\", \"\"}"), "one_of cannot hold"},
    {FIELD("f", "type = string } field f { type = int"), ""},
    {CREATE "} create { \n} }\n", "a type has one section"},
    {"type bad {\n\nrunner = command command = {\"true\"} }\n", "absolute path"},
    {"type bad {\n\nrunner = plugin }\n", "plugin must be the absolute path"},
    {"type bad {\n\nrunner = plugin plugin = \"/no/such.so\" }\n", "cannot be read"},
    {"type bad {\n\nrunner = plugin plugin = \"/bin/true\" command = {\"/bin/true\"} }\n",
     "a plugin has no command"},
    {"type \"b a d\" {\n\nrunner = command command = {\"/bin/true\"} }\n", "a type's name has"},
    {"type bad {\ncommand = {\"/bin/true\"}\n}\n", "runner is missing"},
    {"\ntype bad { runner = command\ncommand = {\"/bin/true\" \"x\"} }\n", ""},
};

START_TEST(a_fault_is_reported_and_the_others_load)
{
    struct type_registry *registry;
    char where[300];
    bool found = false;

    put_file(directory, "bad.conf", faults[_i].text);
    put_file(directory, "good.conf", "type good { runner = command command = {\"/bin/true\"} }\n");
    registry = read_all();
    snprintf(where, sizeof(where), "%s/bad.conf:3: ", directory);
    ck_assert_uint_ge(type_registry_problem_count(registry), 1);
    for (size_t i = 0; i < type_registry_problem_count(registry); i++) {
        const char *problem = type_registry_problem_at(registry, i);
        found = found || (strncmp(problem, where, strlen(where)) == 0 &&
                          strstr(problem, faults[_i].reason) != NULL);
    }
    ck_assert_msg(found, "wanted %s...%s, got %s", where, faults[_i].reason,
                  type_registry_problem_at(registry, 0));
    ck_assert_ptr_nonnull(type_registry_find(registry, "good"));
    ck_assert_ptr_null(type_registry_find(registry, "bad"));
    ck_assert_uint_eq(type_registry_count(registry), 1);
    type_registry_free(registry);
}
END_TEST

START_TEST(a_name_is_registered_once)
{
    struct type_registry *registry;

    put_file(directory, "a.conf", "type twice { runner = command command = {\"/bin/true\"} }\n");
    put_file(directory, "b.conf", "type twice { runner = command command = {\"/bin/false\"} }\n");
    registry = read_all();
    ck_assert_uint_eq(type_registry_count(registry), 1);
    ck_assert_uint_eq(type_registry_problem_count(registry), 1);
    ck_assert_ptr_nonnull(strstr(type_registry_problem_at(registry, 0),
                                 "b.conf:1: type \"twice\" is registered already at"));
    ck_assert_str_eq(type_registry_find(registry, "twice")->command[0], "/bin/true");
    type_registry_free(registry);
}
END_TEST

static const char create_text[] =
    "type export {\n runner = command command = {\"/bin/true\"} max_retries = 3\n"
    " create { path = \"/api/a/export-2\" permission = \"a:b:export\" max_retries = 1\n"
    "  field b { type = string max_length = 7 one_of = {\"x\", \"y\"} required = yes }\n"
    "  field a { type = int min = 0 max = 9 } } }\n"
    "type plain { runner = command command = {\"/bin/true\"} }\n";

START_TEST(a_create_section_is_read)
{
    struct type_registry *registry;
    const struct type_create *create;

    put_file(directory, "a.conf", create_text);
    registry = read_all();
    ck_assert_uint_eq(type_registry_problem_count(registry), 0);
    ck_assert_ptr_null(type_registry_find(registry, "plain")->create);
    ck_assert_ptr_null(type_registry_find_path(registry, "/api/a/export"));
    create = type_registry_find_path(registry, "/api/a/export-2")->create;
    ck_assert_str_eq(create->permission, "a:b:export");
    ck_assert_int_eq(create->max_retries, 1);
    ck_assert_uint_eq(create->rules.count, 2);
    ck_assert_str_eq(create->rules.fields[0].name, "b");
    ck_assert_uint_eq(create->rules.fields[0].max_length, 7);
    ck_assert_str_eq(create->rules.fields[0].one_of[1], "y");
    ck_assert(create->rules.fields[0].required && !create->rules.fields[1].required);
    ck_assert_int_eq(create->rules.fields[1].kind, CREATE_INT);
    ck_assert(create->rules.fields[1].most == 9);
    type_registry_free(registry);
}
END_TEST

static bool ends_in_2(const char *path)
{
    return path[strlen(path) - 1] == '2';
}

START_TEST(a_path_is_taken_once)
{
    struct type_registry *registry;

    put_file(directory, "a.conf", create_text);
    put_file(directory, "b.conf",
             "type other { runner = command command = {\"/bin/true\"}\n"
             "create { path = \"/api/a/export-2\" permission = \"c:d\" } }\n");
    registry = read_all();
    ck_assert_uint_eq(type_registry_count(registry), 2);
    ck_assert_uint_eq(type_registry_problem_count(registry), 1);
    ck_assert_ptr_nonnull(strstr(type_registry_problem_at(registry, 0),
                                 "b.conf:1: type \"other\": create: the path /api/a/export-2 is "
                                 "taken by type \"export\""));
    type_registry_refuse_paths(registry, ends_in_2);
    ck_assert_uint_eq(type_registry_count(registry), 1);
    ck_assert_ptr_nonnull(strstr(type_registry_problem_at(registry, 1), "service's own"));
    type_registry_free(registry);
}
END_TEST

START_TEST(other_files_are_left_alone)
{
    struct type_registry *registry;

    put_file(directory, "a.conf.bak", "nonsense {{{");
    put_file(directory, ".hidden.conf", "nonsense {{{");
    registry = read_all();
    ck_assert_uint_eq(type_registry_count(registry), 0);
    ck_assert_uint_eq(type_registry_problem_count(registry), 0);
    type_registry_free(registry);
}
END_TEST

START_TEST(a_missing_directory_is_a_problem)
{
    struct type_registry *registry = type_registry_new();

    type_registry_read(registry, "/no/such/directory");
    ck_assert_uint_eq(type_registry_problem_count(registry), 1);
    type_registry_free(registry);
}
END_TEST

START_TEST(a_rejected_type_lives_while_it_is_used)
{
    struct type_registry *registry;
    struct task_type *type;

    put_file(directory, "a.conf", "type t { runner = command command = {\"/bin/true\"} }\n");
    registry = read_all();
    type = type_ref(type_registry_find(registry, "t"));
    type_registry_reject(registry, "t", "wrong ABI number");
    ck_assert_ptr_null(type_registry_find(registry, "t"));
    ck_assert_ptr_nonnull(
        strstr(type_registry_problem_at(registry, 0), "a.conf:1: type \"t\": wrong ABI number"));
    type_registry_free(registry);
    ck_assert_str_eq(type->name, "t");
    type_unref(type);
}
END_TEST

static Suite *type_suite(void)
{
    Suite *suite = suite_create("type");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, every_member_is_read);
    tcase_add_test(all, defaults);
    tcase_add_test(all, causes_that_are_tried_again);
    tcase_add_loop_test(all, a_fault_is_reported_and_the_others_load, 0,
                        sizeof(faults) / sizeof(faults[0]));
    tcase_add_test(all, a_name_is_registered_once);
    tcase_add_test(all, a_create_section_is_read);
    tcase_add_test(all, a_path_is_taken_once);
    tcase_add_test(all, other_files_are_left_alone);
    tcase_add_test(all, a_missing_directory_is_a_problem);
    tcase_add_test(all, a_rejected_type_lives_while_it_is_used);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(type_suite)
