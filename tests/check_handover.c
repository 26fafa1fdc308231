/* SPDX-License-Identifier: MIT */
/* What one program leaves to the next: the same comes out, and nothing else is taken for it. */
#include "common/fd_util.h"
#include "common/fields.h"
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/handover.h"
#include "supervisor/run_handover.h"
#include "tests/check_main.h"
#include "tests/run_fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- fields ---- */

struct sample {
    bool truth;
    int number;
    unsigned count;
    int64_t time;
    uint64_t row;
    char *text;
    char *nothing;
};
static const struct field sample_fields[] = {
    FIELD(struct sample, truth),   FIELD(struct sample, number), FIELD(struct sample, count),
    FIELD(struct sample, time),    FIELD(struct sample, row),    FIELD(struct sample, text),
    FIELD(struct sample, nothing),
};
#define SAMPLE_FIELDS (sizeof(sample_fields) / sizeof(sample_fields[0]))

START_TEST(fields_go_there_and_back)
{
    const struct sample from = {true, -7, 4000000000U, INT64_MIN, INT64_MAX, "a\n\"b", NULL};
    struct sample to = {.nothing = NULL};
    json_object *object = json_object_new_object();
    const char *wrong = NULL;

    fields_write(object, &from, sample_fields, SAMPLE_FIELDS);
    ck_assert(fields_read(object, &to, sample_fields, SAMPLE_FIELDS, &wrong));
    ck_assert(to.truth);
    ck_assert_int_eq(to.number, -7);
    ck_assert_uint_eq(to.count, 4000000000U);
    ck_assert_int_eq(to.time, INT64_MIN);
    ck_assert_uint_eq(to.row, INT64_MAX);
    ck_assert_str_eq(to.text, "a\n\"b");
    ck_assert_ptr_null(to.nothing);
    fields_clear(&to, sample_fields, SAMPLE_FIELDS);
    ck_assert_ptr_null(to.text);
    json_object_put(object);
}
END_TEST

static const struct {
    const char *text, *wrong;
} bad_fields[] = {
    {"{}", "truth"},
    {"{\"truth\":1}", "truth"},
    {"{\"truth\":true,\"number\":2147483648}", "number"},
    {"{\"truth\":true,\"number\":1,\"count\":-1}", "count"},
    {"{\"truth\":true,\"number\":1,\"count\":1,\"time\":\"x\"}", "time"},
    {"{\"truth\":true,\"number\":1,\"count\":1,\"time\":1,\"row\":-1}", "row"},
    {"{\"truth\":true,\"number\":1,\"count\":1,\"time\":1,\"row\":1,\"text\":5}", "text"},
};

START_TEST(a_field_that_does_not_fit_is_named)
{
    struct sample to = {.nothing = NULL};
    const char *wrong = NULL;
    json_object *object = json_parse_text(bad_fields[_i].text, strlen(bad_fields[_i].text), &wrong);

    ck_assert(!fields_read(object, &to, sample_fields, SAMPLE_FIELDS, &wrong));
    ck_assert_str_eq(wrong, bad_fields[_i].wrong);
    fields_clear(&to, sample_fields, SAMPLE_FIELDS);
    json_object_put(object);
}
END_TEST

/* ---- the envelope ---- */

static struct handover sample(void)
{
    return (struct handover){.format = HANDOVER_FORMAT,
                             .pid = 17,
                             .version = "0.1.0",
                             .state_dir = "/state",
                             .node = "n",
                             .incarnation = "8c0f7a52-3f0e-4b6f-9d2e-5f7b1c2a9e10",
                             .public_fd = -1,
                             .control_fd = 7,
                             .last_run = 12,
                             .runs = json_object_new_array()};
}

START_TEST(the_envelope_goes_there_and_back)
{
    struct handover from = sample();
    int fd = handover_write(&from);
    const char *why = NULL;
    struct handover *to = handover_read(fd, &why);

    ck_assert_ptr_nonnull(to);
    ck_assert_int_eq(to->pid, 17);
    ck_assert_str_eq(to->incarnation, from.incarnation);
    ck_assert_int_eq(to->public_fd, -1);
    ck_assert_ptr_null(to->listen);
    ck_assert_uint_eq(to->last_run, 12);
    ck_assert_int_eq(write(fd, "x", 1), -1); /* sealed */
    handover_free(to);
    json_object_put(from.runs);
    close(fd);
}
END_TEST

START_TEST(another_format_is_refused)
{
    struct handover from = sample();
    const char *why = NULL;
    int fd;

    from.format++;
    fd = handover_write(&from);
    ck_assert_ptr_null(handover_read(fd, &why));
    ck_assert_ptr_nonnull(strstr(why, "format"));
    json_object_put(from.runs);
    close(fd);
}
END_TEST

START_TEST(a_file_that_others_can_change_is_refused)
{
    const char *why = NULL;
    int fd = memfd_create("plain", MFD_CLOEXEC);

    ck_assert(fd_write_all(fd, "{}", 2));
    ck_assert_ptr_null(handover_read(fd, &why));
    close(fd);
    ck_assert_ptr_null(handover_read(-1, &why));
}
END_TEST

/* ---- a run ---- */

START_TEST(a_run_goes_there_and_back)
{
    json_object *left, *part;
    const char *wrong = NULL, *partial = NULL;
    pid_t pid;

    start("t");
    pid = give_process(false);
    say(MESSAGES, "{\"progress\":40,\"text\":\"half\"}\n{\"resu");
    say(OUTPUT, "whole\nha\x01\xff");
    turn();
    left = run_handover_write(run);
    ck_assert_msg(run_handover_is_good(left, &wrong), "%s", wrong);
    ck_assert(json_object_object_get_ex(left, "stdout", &part));
    ck_assert_int_eq(json_get_string(part, "partial", &partial), JSON_OK);
    ck_assert_str_eq(partial, "686101ff");
    json_object_put(left);
    kill(pid, SIGKILL);
    finish(reap(pid));
}
END_TEST

static const char *const needed[] = {"task.id", "task.row_id", "pid",    "started_ms",
                                     "type",    "messages",    "stderr", "work_dir"};

START_TEST(a_run_that_lacks_a_part_is_refused)
{
    const char *wrong = NULL;
    json_object *left;
    pid_t pid;

    start("t");
    pid = give_process(false);
    left = run_handover_write(run);
    json_object_object_del(left, needed[_i]);
    ck_assert(!run_handover_is_good(left, &wrong));
    ck_assert_ptr_nonnull(strstr(wrong, needed[_i]));
    json_object_put(left);
    kill(pid, SIGKILL);
    finish(reap(pid));
}
END_TEST

static Suite *handover_suite(void)
{
    Suite *suite = suite_create("handover");
    TCase *fields = tcase_create("fields"), *envelope = tcase_create("envelope"),
          *runs = tcase_create("runs");

    tcase_add_test(fields, fields_go_there_and_back);
    tcase_add_loop_test(fields, a_field_that_does_not_fit_is_named, 0,
                        sizeof(bad_fields) / sizeof(bad_fields[0]));
    tcase_add_test(envelope, the_envelope_goes_there_and_back);
    tcase_add_test(envelope, another_format_is_refused);
    tcase_add_test(envelope, a_file_that_others_can_change_is_refused);
    tcase_add_checked_fixture(runs, run_fixture_set_up, NULL);
    tcase_add_test(runs, a_run_goes_there_and_back);
    tcase_add_loop_test(runs, a_run_that_lacks_a_part_is_refused, 0,
                        sizeof(needed) / sizeof(needed[0]));
    suite_add_tcase(suite, fields);
    suite_add_tcase(suite, envelope);
    suite_add_tcase(suite, runs);
    return suite;
}

CHECK_MAIN(handover_suite)
