/* SPDX-License-Identifier: MIT */
/* Arguments, payloads and exit codes of the command line program. Wrong usage exits with status 2,
 * help with 0: those tests let libcheck watch the exit of the test's process. */
#include "client/cli.h"
#include "client/cli_create.h"
#include "client/cli_payload.h"
#include "client/cli_secret.h"
#include "tests/check_main.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 20

static struct cli cli;
static struct create_arguments arguments;

/* Splits at spaces and parses as the program does; argv lives as long as the results that point
 * into it. */
static void parse_create(const char *line)
{
    static char copy[500];
    static char *argv[WORDS_MAX + 1];
    int argc = 0;
    char *word;

    snprintf(copy, sizeof(copy), "%s", line);
    for (word = strtok(copy, " "); word != NULL && argc < WORDS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    memset(&cli, 0, sizeof(cli));
    create_defaults(&arguments);
    cli_parse(&cli, create_argp(), argc, argv, &arguments);
    taskyard_close(cli.client);
    cli.client = NULL;
}

static void silence(void)
{
    int null = open("/dev/null", O_WRONLY);

    argp_err_exit_status = CLI_USAGE;
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    close(null);
}

START_TEST(create_alone)
{
    unsetenv("TASKYARD_SOCKET");
    parse_create("create sleep");
    ck_assert_str_eq(arguments.type, "sleep");
    ck_assert_ptr_null(arguments.payload);
    ck_assert_int_eq(arguments.max_retries, -1);
    ck_assert_uint_eq(arguments.count, 0);
    ck_assert(!arguments.wait);
    ck_assert(!cli.json);
    ck_assert_ptr_null(cli.socket_path);
}
END_TEST

START_TEST(create_with_everything)
{
    parse_create("create --socket /x --max-retries=3 sleep --payload @f --creator bob --count 7 "
                 "--json --wait");
    ck_assert_str_eq(arguments.type, "sleep");
    ck_assert_str_eq(arguments.payload, "@f");
    ck_assert_str_eq(arguments.creator, "bob");
    ck_assert_int_eq(arguments.max_retries, 3);
    ck_assert_uint_eq(arguments.count, 7);
    ck_assert(arguments.wait);
    ck_assert(cli.json);
    ck_assert_str_eq(cli.socket_path, "/x");
}
END_TEST

START_TEST(options_end_at_two_dashes)
{
    parse_create("create -- --wait");
    ck_assert_str_eq(arguments.type, "--wait");
    ck_assert(!arguments.wait);
}
END_TEST

static const char *const wrong[] = {
    "create",
    "create a b",
    "create a --count 0",
    "create a --count -1",
    "create a --count 1x",
    "create a --count 99999999999999999999999",
    "create a --max-retries=-1",
    "create a --max-retries=x",
    "create a --payload",
    "create a --nonsense",
    "create a --count 2 --idempotency-key k",
    "create a --socket=",
};

START_TEST(wrong_usage)
{
    silence();
    parse_create(wrong[_i]);
}
END_TEST

static const char *const asked[] = {"create --help", "create -h", "create a --usage"};

START_TEST(help_is_success)
{
    silence();
    parse_create(asked[_i]);
    exit(99);
}
END_TEST

static const struct {
    enum taskyard_error_kind kind;
    int http_status;
    enum cli_exit code;
} exits[] = {
    {TASKYARD_ERROR_NONE, 0, CLI_OK},
    {TASKYARD_ERROR_UNREACHABLE, 0, CLI_UNREACHABLE},
    {TASKYARD_ERROR_LOST, 0, CLI_UNREACHABLE},
    {TASKYARD_ERROR_PROTOCOL, 0, CLI_UNREACHABLE},
    {TASKYARD_ERROR_TIMEOUT, 0, CLI_UNREACHABLE},
    {TASKYARD_ERROR_STOPPED, 0, CLI_UNREACHABLE},
    {TASKYARD_ERROR_ARGUMENT, 0, CLI_USAGE},
    {TASKYARD_ERROR_WRITE, 0, CLI_REFUSED},
    {TASKYARD_ERROR_ANSWERED, 400, CLI_REFUSED},
    {TASKYARD_ERROR_ANSWERED, 403, CLI_REFUSED},
    {TASKYARD_ERROR_ANSWERED, 404, CLI_NOT_FOUND},
    {TASKYARD_ERROR_ANSWERED, 409, CLI_REFUSED},
    {TASKYARD_ERROR_ANSWERED, 413, CLI_REFUSED},
    {TASKYARD_ERROR_ANSWERED, 500, CLI_UNREACHABLE},
    {TASKYARD_ERROR_ANSWERED, 503, CLI_UNREACHABLE},
};

START_TEST(exit_codes_of_errors)
{
    struct taskyard_error error = {.kind = exits[_i].kind, .http_status = exits[_i].http_status};

    ck_assert_int_eq(cli_exit_of_error(&error), exits[_i].code);
}
END_TEST

START_TEST(exit_codes_of_tasks)
{
    ck_assert_int_eq(cli_exit_of_status("success"), 0);
    ck_assert_int_eq(cli_exit_of_status("failed"), 1);
    ck_assert_int_eq(cli_exit_of_status("cancelled"), 4);
    ck_assert_int_eq(cli_exit_of_status(NULL), 1);
}
END_TEST

/* A fresh file with this content; its name stays valid until the next call. */
static const char *file_of(const void *data, size_t size)
{
    static char name[] = "/tmp/check_cli.XXXXXX";
    int fd;

    strcpy(name + strlen(name) - 6, "XXXXXX");
    fd = mkstemp(name);
    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(write(fd, data, size), (int)size);
    close(fd);
    return name;
}

static void stdin_from(const void *data, size_t size)
{
    const char *name = file_of(data, size);
    int fd = open(name, O_RDONLY);

    dup2(fd, STDIN_FILENO);
    close(fd);
    unlink(name);
}

START_TEST(payload_is_not_changed)
{
    static const char text[] = "{\"b\": 1,\n  \"a\":1.50}\n";
    char *why, *payload = payload_read(text, &why), given[100];

    ck_assert_str_eq(payload, text);
    free(payload);
    snprintf(given, sizeof(given), "@%s", file_of(text, strlen(text)));
    payload = payload_read(given, &why);
    unlink(given + 1);
    ck_assert_str_eq(payload, text);
    free(payload);
    stdin_from(text, strlen(text));
    payload = payload_read("-", &why);
    ck_assert_str_eq(payload, text);
    free(payload);
}
END_TEST

START_TEST(payload_of_nothing)
{
    char *why, *payload;

    stdin_from("", 0);
    payload = payload_read("-", &why);
    ck_assert_str_eq(payload, "");
    free(payload);
}
END_TEST

START_TEST(payload_that_is_no_text)
{
    char *why;

    stdin_from("a\0b", 3);
    ck_assert_ptr_null(payload_read("-", &why));
    ck_assert_ptr_nonnull(strstr(why, "standard input"));
    free(why);
    ck_assert_ptr_null(payload_read("\xff\xfe", &why));
    free(why);
    ck_assert_ptr_null(payload_read("@/nonexistent", &why));
    ck_assert_ptr_nonnull(strstr(why, "/nonexistent"));
    free(why);
}
END_TEST

START_TEST(password_is_the_first_line)
{
    const char *name = file_of("pa ss\nrest\n", 11);
    char *secret = secret_read(name);

    unlink(name);
    ck_assert_str_eq(secret, "pa ss");
    secret_free(secret);
    stdin_from("no newline", 10);
    secret = secret_read("-");
    ck_assert_str_eq(secret, "no newline");
    secret_free(secret);
    stdin_from("piped\n", 6);
    secret = secret_read(NULL);
    ck_assert_str_eq(secret, "piped");
    secret_free(secret);
}
END_TEST

START_TEST(no_password_is_refused)
{
    char longer[SECRET_MAX + 10];

    silence();
    stdin_from("", 0);
    ck_assert_ptr_null(secret_read("-"));
    stdin_from("\nx\n", 3);
    ck_assert_ptr_null(secret_read("-"));
    ck_assert_ptr_null(secret_read("/nonexistent"));
    memset(longer, 'x', sizeof(longer));
    stdin_from(longer, sizeof(longer));
    ck_assert_ptr_null(secret_read("-"));
}
END_TEST

/* Why a file cannot be read is told as it is. */
START_TEST(no_password_file)
{
    char said[200] = "";
    int errors = fileno(tmpfile());

    ck_assert_int_ge(dup2(errors, STDERR_FILENO), 0);
    ck_assert_ptr_null(secret_read("/nonexistent"));
    ck_assert_ptr_null(secret_read("/dev/null"));
    ck_assert_int_gt(pread(errors, said, sizeof(said) - 1, 0), 0);
    ck_assert_ptr_nonnull(strstr(said, "/nonexistent (No such file or directory)"));
    ck_assert_ptr_nonnull(strstr(said, "/dev/null (it is empty)"));
}
END_TEST

START_TEST(short_ids_are_refused)
{
    struct cli none = {0};
    char id[ID_SIZE];

    silence();
    ck_assert_int_eq(cli_resolve(&none, "", id), CLI_USAGE);
    ck_assert_int_eq(cli_resolve(&none, "abcde", id), CLI_USAGE);
    ck_assert_int_eq(cli_resolve(&none, "not-an-id", id), CLI_USAGE);
    ck_assert_int_eq(cli_resolve(&none, "%%%%%%%", id), CLI_USAGE);
    ck_assert_int_eq(cli_resolve(&none, "0f0f0f0f-0000-4000-8000-0123456789ab", id), CLI_OK);
    ck_assert_str_eq(id, "0f0f0f0f-0000-4000-8000-0123456789ab");
}
END_TEST

static Suite *cli_suite(void)
{
    Suite *suite = suite_create("cli");
    TCase *tcase = tcase_create("arguments");

    tcase_add_test(tcase, create_alone);
    tcase_add_test(tcase, create_with_everything);
    tcase_add_test(tcase, options_end_at_two_dashes);
    tcase_add_loop_exit_test(tcase, wrong_usage, CLI_USAGE, 0, sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_loop_exit_test(tcase, help_is_success, 0, 0, sizeof(asked) / sizeof(asked[0]));
    tcase_add_loop_test(tcase, exit_codes_of_errors, 0, sizeof(exits) / sizeof(exits[0]));
    tcase_add_test(tcase, exit_codes_of_tasks);
    tcase_add_test(tcase, payload_is_not_changed);
    tcase_add_test(tcase, payload_of_nothing);
    tcase_add_test(tcase, payload_that_is_no_text);
    tcase_add_test(tcase, password_is_the_first_line);
    tcase_add_test(tcase, no_password_is_refused);
    tcase_add_test(tcase, no_password_file);
    tcase_add_test(tcase, short_ids_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(cli_suite)
