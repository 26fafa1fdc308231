/* SPDX-License-Identifier: MIT */
/* The library's parts that need no supervisor: opening, objects, paths and queries, argument
 * errors, waiting for nothing. */
#include "client/request.h"
#include "common/json_util.h"
#include "tests/check_main.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define NOWHERE "/nonexistent/taskyard.sock"

static struct taskyard_object *parse(const char *text)
{
    return (struct taskyard_object *)json_tokener_parse(text);
}

START_TEST(chooses_the_socket)
{
    struct taskyard_client *client;

    unsetenv("TASKYARD_SOCKET");
    client = taskyard_open(NULL, NULL);
    ck_assert_str_eq(taskyard_socket_path(client), TASKYARD_DEFAULT_SOCKET);
    taskyard_close(client);
    setenv("TASKYARD_SOCKET", "/tmp/x.sock", 1);
    client = taskyard_open(NULL, NULL);
    ck_assert_str_eq(taskyard_socket_path(client), "/tmp/x.sock");
    taskyard_close(client);
    client = taskyard_open("/tmp/y.sock", NULL);
    ck_assert_str_eq(taskyard_socket_path(client), "/tmp/y.sock");
    taskyard_close(client);
    taskyard_close(NULL);
}
END_TEST

START_TEST(refuses_unusable_sockets)
{
    char path[200];
    struct taskyard_error error;

    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    ck_assert_ptr_null(taskyard_open(path, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_ARGUMENT);
    ck_assert_ptr_null(taskyard_open("", &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_ARGUMENT);
}
END_TEST

START_TEST(says_where_nobody_is)
{
    struct taskyard_client *client = taskyard_open(NOWHERE, NULL);
    struct taskyard_error error;

    ck_assert_ptr_null(taskyard_status(client, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_UNREACHABLE);
    ck_assert_str_eq(error.message,
                     "cannot reach the supervisor at " NOWHERE " (No such file or directory)");
    ck_assert(!taskyard_cancel(client, "x", NULL));
    ck_assert(!taskyard_watch(client, NULL, 0, NULL, NULL, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_UNREACHABLE);
    ck_assert_ptr_null(taskyard_wait(client, "x", -1, NULL, NULL, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_UNREACHABLE);
    ck_assert(!taskyard_download(client, "key", 1, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_UNREACHABLE);
    taskyard_close(client);
}
END_TEST

START_TEST(refuses_arguments_before_sending)
{
    struct taskyard_client *client = taskyard_open(NOWHERE, NULL);
    struct taskyard_create_options options = TASKYARD_CREATE_OPTIONS;
    struct taskyard_error error;

    ck_assert_ptr_null(taskyard_get(client, "", &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_ARGUMENT);
    ck_assert_ptr_null(taskyard_get(client, NULL, NULL));
    ck_assert_ptr_null(taskyard_create(client, NULL, NULL, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_ARGUMENT);
    options.payload = "\xff";
    ck_assert_ptr_null(taskyard_create(client, "t", &options, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_ARGUMENT);
    ck_assert_ptr_null(taskyard_create_many(client, "t", NULL, 0, &error));
    ck_assert_ptr_null(taskyard_create_many(client, "t", NULL, TASKYARD_CREATE_MAX + 1, &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_ARGUMENT);
    ck_assert_ptr_null(taskyard_setting_set(client, "x", "1x", &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_ARGUMENT);
    ck_assert_ptr_null(taskyard_setting_set(client, "x", "", &error));
    ck_assert_int_eq(error.kind, TASKYARD_ERROR_ARGUMENT);
    taskyard_close(client);
}
END_TEST

START_TEST(reads_objects)
{
    struct taskyard_object *object = parse(
        "{\"s\":\"x\",\"i\":7,\"n\":1.5,\"b\":true,\"z\":null,\"a\":[\"p\",2],\"o\":{\"k\":1}}");
    const struct taskyard_object *array = taskyard_member(object, "a");

    ck_assert_str_eq(taskyard_string(object, "s"), "x");
    ck_assert_ptr_null(taskyard_string(object, "i"));
    ck_assert_ptr_null(taskyard_string(object, "z"));
    ck_assert_ptr_null(taskyard_string(NULL, "s"));
    ck_assert_int_eq(taskyard_int(object, "i", -1), 7);
    ck_assert_int_eq(taskyard_int(object, "s", -1), -1);
    ck_assert(taskyard_number(object, "n", 0) > 1.4);
    ck_assert(taskyard_number(object, "i", 0) > 6.9);
    ck_assert(taskyard_bool(object, "b", false));
    ck_assert(taskyard_bool(object, "none", true));
    ck_assert_ptr_null(taskyard_member(object, "z"));
    ck_assert_uint_eq(taskyard_count(array), 2);
    ck_assert_str_eq(taskyard_text(taskyard_item(array, 0)), "p");
    ck_assert_ptr_null(taskyard_text(taskyard_item(array, 1)));
    ck_assert_ptr_null(taskyard_item(array, 2));
    ck_assert_uint_eq(taskyard_count(object), 0);
    ck_assert_str_eq(taskyard_name(object, 0), "s");
    ck_assert_str_eq(taskyard_name(object, 6), "o");
    ck_assert_ptr_null(taskyard_name(object, 7));
    ck_assert_str_eq(taskyard_json(taskyard_member(object, "o"), false), "{\"k\":1}");
    taskyard_object_free(object);
    taskyard_object_free(NULL);
}
END_TEST

START_TEST(a_held_object_outlives_its_parent)
{
    struct taskyard_object *object = parse("{\"o\":{\"k\":\"v\"}}");
    struct taskyard_object *inner = taskyard_object_hold(taskyard_member(object, "o"));

    taskyard_object_free(object);
    ck_assert_str_eq(taskyard_string(inner, "k"), "v");
    taskyard_object_free(inner);
}
END_TEST

START_TEST(builds_paths)
{
    struct taskyard_error error;
    char *path = request_path("/api/tasks", "a/b ?", "/cancel", &error);

    ck_assert_str_eq(path, "/api/tasks/a%2Fb%20%3F/cancel");
    free(path);
    path = strdup("/api/tasks");
    request_query_number(&path, "current", 0);
    request_query_number(&path, "page_size", 20);
    request_query(&path, "search", "a&b=%");
    request_query(&path, "type", NULL);
    ck_assert_str_eq(path, "/api/tasks?page_size=20&search=a%26b%3D%25");
    free(path);
}
END_TEST

START_TEST(final_statuses)
{
    ck_assert(taskyard_status_is_final("success"));
    ck_assert(taskyard_status_is_final("failed"));
    ck_assert(taskyard_status_is_final("cancelled"));
    ck_assert(!taskyard_status_is_final("running"));
    ck_assert(!taskyard_status_is_final("pending"));
    ck_assert(!taskyard_status_is_final(NULL));
}
END_TEST

START_TEST(nothing_to_call_takes_the_time_given)
{
    struct taskyard_client *client = taskyard_open(NOWHERE, NULL);
    struct pollfd fd = {.fd = taskyard_client_fd(client), .events = POLLIN};

    ck_assert_int_ge(fd.fd, 0);
    ck_assert_int_eq(taskyard_client_fd(client), fd.fd);
    ck_assert_int_eq(taskyard_run_callbacks(client, 0), 0);
    ck_assert_int_eq(taskyard_run_callbacks(client, 50), 0);
    ck_assert_int_eq(poll(&fd, 1, 50), 0);
    ck_assert_uint_eq(taskyard_outstanding(client), 0);
    taskyard_close(client);
}
END_TEST

static void not_called(void *arg, const char *id, const char *status, const char *result,
                       const char *error)
{
    (void)arg, (void)id, (void)status, (void)result, (void)error;
    ck_abort_msg("called for a task that was not created");
}

START_TEST(a_failed_create_calls_nobody)
{
    struct taskyard_client *client = taskyard_open(NOWHERE, NULL);
    struct taskyard_create_options options = TASKYARD_CREATE_OPTIONS;

    options.on_complete = not_called;
    ck_assert_ptr_null(taskyard_create(client, "t", &options, NULL));
    ck_assert_uint_eq(taskyard_outstanding(client), 0);
    ck_assert_int_eq(taskyard_run_callbacks(client, 50), 0);
    taskyard_close(client);
}
END_TEST

START_TEST(only_one_drives)
{
    struct taskyard_client *client = taskyard_open(NOWHERE, NULL);

    ck_assert(taskyard_client_start_thread(client));
    ck_assert(taskyard_client_start_thread(client));
    errno = 0;
    ck_assert_int_eq(taskyard_run_callbacks(client, 0), -1);
    ck_assert_int_eq(errno, EBUSY);
    taskyard_close(client);
}
END_TEST

START_TEST(knows_its_version)
{
    ck_assert_int_ne(taskyard_version()[0], '\0');
}
END_TEST

static Suite *client_suite(void)
{
    Suite *suite = suite_create("client");
    TCase *tcase = tcase_create("library");

    tcase_add_test(tcase, chooses_the_socket);
    tcase_add_test(tcase, refuses_unusable_sockets);
    tcase_add_test(tcase, says_where_nobody_is);
    tcase_add_test(tcase, refuses_arguments_before_sending);
    tcase_add_test(tcase, reads_objects);
    tcase_add_test(tcase, a_held_object_outlives_its_parent);
    tcase_add_test(tcase, builds_paths);
    tcase_add_test(tcase, final_statuses);
    tcase_add_test(tcase, nothing_to_call_takes_the_time_given);
    tcase_add_test(tcase, a_failed_create_calls_nobody);
    tcase_add_test(tcase, only_one_drives);
    tcase_add_test(tcase, knows_its_version);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(client_suite)
