/* SPDX-License-Identifier: MIT */
/* The configuration: files that are read after it, what a second reading changes, and what it
 * leaves alone. */
#include "common/log.h"
#include "supervisor/config.h"
#include "supervisor/config_reload.h"
#include "supervisor/type.h"
#include "tests/check_main.h"
#include "tests/put_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/check_config.XXXXXX";
static char path[300];

static void set_up(void)
{
    char conf_d[300];

    strcpy(directory, "/tmp/check_config.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/taskyard.conf", directory);
    snprintf(conf_d, sizeof(conf_d), "%s/conf.d", directory);
    ck_assert_int_eq(mkdir(conf_d, 0700), 0);
    log_open("check_config", LOG_LEVEL_ERROR);
    ck_assert_int_ge(dup2(open("/dev/null", O_WRONLY), STDERR_FILENO), 0);
}

static void tear_down(void)
{
    char command[300];

    snprintf(command, sizeof(command), "rm -rf %s", directory);
    ck_assert_int_eq(system(command), 0);
}

static struct config *read_good(void)
{
    struct config *config = config_read(path);

    ck_assert_ptr_nonnull(config);
    return config;
}

/* The names, in any order. */
static void assert_names(const struct config_names *names, size_t count, const char *const *wanted)
{
    ck_assert_uint_eq(names->count, count);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < count && strcmp(names->at[at], wanted[i]) != 0)
            at++;
        ck_assert_msg(at < count, "%s is missing", wanted[i]);
    }
}

#define ASSERT_NAMES(NAMES, ...)                                                                   \
    assert_names(NAMES, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),                    \
                 (const char *[]){__VA_ARGS__})

START_TEST(files_of_conf_d_win_in_their_order)
{
    struct config *config;

    put_file(directory, "taskyard.conf",
             "node = \"main\"\ncors_origins = {\"https://a\", \"https://b\"}\n"
             "database { user = \"u\" name = \"kept\" }\n");
    put_file(directory, "conf.d/2.conf", "node = \"second\"\n");
    put_file(directory, "conf.d/1.conf",
             "node = \"first\"\ncors_origins = {\"https://c\"}\ndatabase { user = \"v\" }\n");
    put_file(directory, "conf.d/3.conf.old", "node = \"old\"\n");
    config = read_good();
    ck_assert_str_eq(config->node, "second");
    ck_assert_uint_eq(config->http.cors_origin_count, 1);
    ck_assert_str_eq(config->http.cors_origins[0], "https://c");
    ck_assert_str_eq(config->database_user, "v");
    ck_assert_str_eq(config->database_name, "kept");
    config_free(config);
}
END_TEST

START_TEST(a_reload_changes_what_can_change_and_names_the_rest)
{
    struct config_reload outcome = {0};
    struct config *config;

    put_file(directory, "taskyard.conf", "drain_timeout = 3\n");
    config = read_good();
    put_file(directory, "taskyard.conf",
             "drain_timeout = 4\nlisten = \"127.0.0.1:1\"\ntrusted_proxies = {\"10.0.0.0/8\"}\n"
             "cors_origins = {\"https://a\"}\nupload_max = 2048\ndatabase { tls = true }\n");
    config_reload(config, &outcome);
    ck_assert_ptr_null(outcome.fault);
    ASSERT_NAMES(&outcome.changed, "drain_timeout", "trusted_proxies", "cors_origins",
                 "upload_max");
    ASSERT_NAMES(&outcome.waiting, "listen", "database.tls");
    ck_assert_uint_eq(config->drain_timeout_ms, 4000);
    ck_assert_uint_eq(config->http.trusted_proxy_count, 1);
    ck_assert_uint_eq(config->http.cors_origin_count, 1);
    ck_assert_uint_eq(config->http.upload_max, 2048);
    ck_assert_str_eq(config->listen, "127.0.0.1:8080");
    ck_assert(!config->database_tls);
    config_reload(config, &outcome);
    ck_assert_uint_eq(outcome.changed.count, 0);
    ASSERT_NAMES(&outcome.waiting, "listen", "database.tls");
    config_reload_clear(&outcome);
    config_free(config);
}
END_TEST

START_TEST(lists_can_shrink)
{
    struct config_reload outcome = {0};
    struct config *config;

    put_file(directory, "taskyard.conf",
             "trusted_proxies = {\"::1\", \"10.0.0.1\"}\ncors_origins = "
             "{\"https://a\", \"https://b\"}\n");
    config = read_good();
    put_file(directory, "taskyard.conf", "trusted_proxies = {\"::1\"}\ncors_origins = {}\n");
    config_reload(config, &outcome);
    ASSERT_NAMES(&outcome.changed, "trusted_proxies", "cors_origins");
    ck_assert_uint_eq(config->http.trusted_proxy_count, 1);
    ck_assert_uint_eq(config->http.cors_origin_count, 0);
    config_reload_clear(&outcome);
    config_free(config);
}
END_TEST

START_TEST(a_file_that_is_unfit_changes_nothing_and_says_why)
{
    struct config_reload outcome = {0};
    struct config *config;

    put_file(directory, "taskyard.conf", "drain_timeout = 3\n");
    config = read_good();
    put_file(directory, "taskyard.conf", "drain_timeout = 4\nupload_max = 1\n");
    config_reload(config, &outcome);
    ck_assert_ptr_nonnull(strstr(outcome.fault, "upload_max must be from 1024"));
    ck_assert_uint_eq(outcome.changed.count, 0);
    put_file(directory, "taskyard.conf", "drain_timeout = 4\ncolour = 3\n");
    config_reload(config, &outcome);
    ck_assert_ptr_nonnull(strstr(outcome.fault, "taskyard.conf:2: "));
    ck_assert_int_eq(unlink(path), 0);
    config_reload(config, &outcome);
    ck_assert_ptr_nonnull(strstr(outcome.fault, "cannot read the configuration"));
    ck_assert_uint_eq(config->drain_timeout_ms, 3000);
    put_file(directory, "taskyard.conf", "drain_timeout = 5\n");
    config_reload(config, &outcome);
    ck_assert_ptr_null(outcome.fault);
    ck_assert_uint_eq(config->drain_timeout_ms, 5000);
    config_reload_clear(&outcome);
    config_free(config);
}
END_TEST

/* A fault is told with the file and line that say it, also one that is found when all are read. */
static void assert_fault(const char *file, const char *text, const char *place, const char *reason)
{
    put_file(directory, file, text);
    ck_assert_ptr_null(config_read(path));
    ck_assert_msg(strstr(config_fault(), place) != NULL && strstr(config_fault(), reason) != NULL,
                  "%s", config_fault());
    put_file(directory, file, "");
}

START_TEST(a_fault_names_file_and_line)
{
    put_file(directory, "taskyard.conf", "listen = \"127.0.0.1:1\"\n");
    assert_fault("conf.d/1.conf", "# one\nlisten = \"nowhere\"\n", "/conf.d/1.conf:2: ", "listen");
    assert_fault("conf.d/1.conf", "drain_timeout = -1\n", "/conf.d/1.conf:1: ", "from 0 to 86400");
    assert_fault("conf.d/1.conf", "\n\nstate_dir = \"here\"\n", "/conf.d/1.conf:3: ", "absolute");
    assert_fault("conf.d/1.conf", "body_timeout = 0.01\n", "/conf.d/1.conf:1: ", "body_timeout");
    assert_fault("conf.d/1.conf", "sign_in_window = 0\n", "/conf.d/1.conf:1: ", "sign_in_window");
    assert_fault("conf.d/1.conf", "trusted_proxies = {\"me\"}\n", "/conf.d/1.conf:1: ", "trusted");
    assert_fault("conf.d/2.conf", "database {\n  password_file = \"/nonexistent\"\n}\n",
                 "/conf.d/2.conf:2: database.password_file", "cannot read /nonexistent");
    assert_fault("conf.d/2.conf", "nonsense = 1\n", "/conf.d/2.conf:1: ", "nonsense");
    assert_fault("conf.d/2.conf", "database {\n  nonsense = 1\n}\n",
                 "/conf.d/2.conf:2: ", "nonsense");
    /* libConfuse by itself counts comments several times. */
    assert_fault("conf.d/2.conf", "# a \"\n/* b\n don't */ node = \"#\" # c\n// d\nnonsense = 1\n",
                 "/conf.d/2.conf:5: ", "nonsense");
    config_free(read_good());
}
END_TEST

/* --check tells beforehand what the start would stumble over. */
START_TEST(values_that_cannot_be_used)
{
    char node[300] = "node = \"";

    memset(node + strlen(node), 'x', 256);
    strcat(node, "\"\n");
    put_file(directory, "taskyard.conf", "");
    assert_fault("conf.d/1.conf", node, "/conf.d/1.conf:1: ", "node must be");
    assert_fault("conf.d/1.conf", "listen = \"localhost:80\"\n", "/conf.d/1.conf:1: ", "listen");
    assert_fault("conf.d/1.conf", "listen = \"1.2.3:80\"\n", "/conf.d/1.conf:1: ", "listen");
    assert_fault("conf.d/1.conf", "listen = \"::1:80\"\n", "/conf.d/1.conf:1: ", "listen");
    assert_fault("conf.d/1.conf", "database {\n  port = 0\n}\n", "/conf.d/1.conf:2: ", "65535");
    assert_fault("conf.d/1.conf", "database {\n  port = 65536\n}\n", "/conf.d/1.conf:2: ", "port");
    assert_fault("conf.d/1.conf", "database {\n  port = -1\n}\n", "/conf.d/1.conf:2: ", "port");
    put_file(directory, "taskyard.conf",
             "listen = \"[::1]:8080\"\ndatabase {\n  port = 65535\n}\n");
    config_free(read_good());
}
END_TEST

START_TEST(what_is_no_comment_is_read)
{
    struct config *config;

    put_file(
        directory, "taskyard.conf",
        "node = \"a#b//c/*d\\\"#\" # \"\nstate_dir = '/s#//'\ncors_origins = {\"https://a\"}\n");
    config = read_good();
    ck_assert_str_eq(config->node, "a#b//c/*d\"#");
    ck_assert_str_eq(config->state_dir, "/s#//");
    config_free(config);
}
END_TEST

START_TEST(types_that_name_no_account_get_that_of_the_configuration)
{
    struct type_registry *types = type_registry_new();

    put_file(directory, "conf.d/types.conf",
             "type a { runner = command command = {\"/bin/true\"} }\n"
             "type b { runner = command command = {\"/bin/true\"} user = \"mine\" }\n");
    snprintf(path, sizeof(path), "%s/conf.d", directory);
    type_registry_read(types, path);
    type_registry_run_as(types, NULL);
    ck_assert_ptr_null(type_registry_find(types, "a")->user);
    type_registry_run_as(types, "other");
    ck_assert_str_eq(type_registry_find(types, "a")->user, "other");
    ck_assert_str_eq(type_registry_find(types, "b")->user, "mine");
    type_registry_free(types);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("config");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, files_of_conf_d_win_in_their_order);
    tcase_add_test(all, a_reload_changes_what_can_change_and_names_the_rest);
    tcase_add_test(all, lists_can_shrink);
    tcase_add_test(all, a_file_that_is_unfit_changes_nothing_and_says_why);
    tcase_add_test(all, a_fault_names_file_and_line);
    tcase_add_test(all, values_that_cannot_be_used);
    tcase_add_test(all, what_is_no_comment_is_read);
    tcase_add_test(all, types_that_name_no_account_get_that_of_the_configuration);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(make_suite)
