/* SPDX-License-Identifier: MIT */
/* The outbox: its files as text, written and removed around a store the test answers by hand, and
 * read again. */
#include "supervisor/outbox.h"
#include "common/fd_util.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/offload.h"
#include "supervisor/outbox_record.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "tests/check_main.h"
#include "tests/store_fake.h"

#include <dirent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TASK "00000001-0000-4000-8000-000000000000"
#define INCARNATION "aaaaaaaa-0000-4000-8000-000000000000"
#define KEY "bbbbbbbb-0000-4000-8000-000000000000"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* ---- the text of a file ---- */

static struct store_finish some_finish(const struct store_file *artifact)
{
    return (struct store_finish){.row_id = 7,
                                 .attempt = 2,
                                 .started_at_us = 1700000000000001,
                                 .incarnation = INCARNATION,
                                 .status = TASK_SUCCESS,
                                 .cause = CAUSE_SUCCESS,
                                 .progress = 100,
                                 .progress_text = "half \"way\"",
                                 .result = "{\"sum\":[1,2],\"text\":\"zw\\u00f6lf / \\\\\"}",
                                 .artifact = artifact,
                                 .exit_status = 0,
                                 .cpu_us = 1234567,
                                 .peak_memory_bytes = 89 * 1024 * 1024,
                                 .pid = 4711};
}

static struct store_file some_artifact(void)
{
    return (struct store_file){.key = KEY,
                               .name = "report \xe2\x82\xac.csv",
                               .content_type = "text/csv",
                               .owner_id = "u1",
                               .size = 5000000000,
                               .sha256 = SHA256};
}

static void there_and_back(const struct store_finish *finish, struct outbox_record *record)
{
    const char *why = NULL;
    char *text = outbox_record_text(TASK, finish, 1700000000000000);

    ck_assert_msg(outbox_record_parse(text, strlen(text), record, &why), "%s: %s", why, text);
    free(text);
}

START_TEST(a_record_says_all_of_an_end)
{
    struct store_file artifact = some_artifact();
    struct store_finish finish = some_finish(&artifact);
    struct outbox_record record;
    const struct store_file *file;

    there_and_back(&finish, &record);
    file = record.finish.artifact;
    ck_assert_str_eq(record.task_id, TASK);
    ck_assert_uint_eq(record.finish.row_id, 7);
    ck_assert_int_eq(record.finish.attempt, 2);
    ck_assert_str_eq(record.finish.incarnation, INCARNATION);
    ck_assert_int_eq(record.finish.started_at_us, finish.started_at_us);
    ck_assert_int_eq(record.finish.status, TASK_SUCCESS);
    ck_assert_int_eq(record.finish.progress, 100);
    ck_assert_str_eq(record.finish.progress_text, finish.progress_text);
    ck_assert_str_eq(record.finish.result, finish.result);
    ck_assert_ptr_null(record.finish.error);
    ck_assert_int_eq(record.finish.cpu_us, finish.cpu_us);
    ck_assert_int_eq(record.finish.peak_memory_bytes, finish.peak_memory_bytes);
    ck_assert_int_eq(record.finish.pid, 4711);
    ck_assert_ptr_nonnull(file);
    ck_assert_str_eq(file->name, artifact.name);
    ck_assert_uint_eq(file->size, artifact.size);
    ck_assert_str_eq(file->sha256, SHA256);
    outbox_record_clear(&record);
}
END_TEST

START_TEST(every_cause_and_count_comes_back)
{
    for (int cause = CAUSE_SUCCESS; cause < CAUSE_COUNT; cause++) {
        struct store_finish finish = some_finish(NULL);
        struct outbox_record record;

        finish.cause = (enum attempt_cause)cause;
        finish.status = TASK_PENDING;
        finish.progress = -1;
        finish.exit_status = -1;
        finish.term_signal = cause;
        finish.due_in_ms = 4000000000;
        finish.count_auto_retry = cause & 1;
        finish.count_crash = cause & 2;
        finish.uncount_attempt = cause & 4;
        there_and_back(&finish, &record);
        ck_assert_int_eq(record.finish.cause, cause);
        ck_assert_int_eq(record.finish.status, TASK_PENDING);
        ck_assert_int_eq(record.finish.progress, -1);
        ck_assert_int_eq(record.finish.exit_status, -1);
        ck_assert_int_eq(record.finish.term_signal, cause);
        ck_assert_uint_eq(record.finish.due_in_ms, 4000000000);
        ck_assert_int_eq(record.finish.count_auto_retry, (cause & 1) != 0);
        ck_assert_int_eq(record.finish.count_crash, (cause & 2) != 0);
        ck_assert_int_eq(record.finish.uncount_attempt, (cause & 4) != 0);
        outbox_record_clear(&record);
    }
}
END_TEST

static bool parses(const char *text, size_t size)
{
    struct outbox_record record;
    const char *why = NULL;
    bool good = outbox_record_parse(text, size, &record, &why);

    if (good)
        outbox_record_clear(&record);
    else
        ck_assert_ptr_nonnull(why);
    return good;
}

/* As a crash in the middle of writing would leave it, had it not another name until it is whole. */
START_TEST(no_part_of_a_record_is_taken)
{
    struct store_file artifact = some_artifact();
    struct store_finish finish = some_finish(&artifact);
    char *text = outbox_record_text(TASK, &finish, 1);
    size_t size = strlen(text);

    ck_assert(parses(text, size));
    for (size_t i = 0; i < size - 2; i++) /* its end is a brace and a newline */
        ck_assert_msg(!parses(text, i), "%.*s", (int)i, text);
    free(text);
}
END_TEST

static const struct {
    const char *from, *to;
} spoilt[] = {
    {"\"version\":1", "\"version\":2"},
    {"\"row_id\":7", "\"row_id\":0"},
    {"\"row_id\":7", "\"row_id\":\"7\""},
    {"\"attempt\":2", "\"attempt\":-2"},
    {"\"status\":\"success\"", "\"status\":\"running\""},
    {"\"status\":\"success\"", "\"status\":\"done\""},
    {"\"cause\":\"success\"", "\"cause\":\"\""},
    {"\"cause\":\"success\"", "\"cause\":\"luck\""},
    {"\"progress\":100", "\"progress\":101"},
    {INCARNATION, "aaaaaaaa"},
    {TASK, "../../../../../../etc/passwd........."},
    {KEY, "../../../../../../etc/passwd........."},
    {SHA256, "e3b0"},
    {"\"size\":5000000000", "\"size\":-1"},
    {"\"pid\":4711", "\"pid\":null"},
};

START_TEST(a_spoilt_member_spoils_the_record)
{
    struct store_file artifact = some_artifact();
    struct store_finish finish = some_finish(&artifact);
    char *text = outbox_record_text(TASK, &finish, 1);
    const char *at = strstr(text, spoilt[_i].from);
    char *bad;

    ck_assert_ptr_nonnull(at);
    bad =
        xasprintf("%.*s%s%s", (int)(at - text), text, spoilt[_i].to, at + strlen(spoilt[_i].from));
    ck_assert_msg(!parses(bad, strlen(bad)), "%s", bad);
    free(bad);
    free(text);
}
END_TEST

START_TEST(what_is_no_record_is_refused)
{
    static const char *const texts[] = {"", "null", "7", "[]", "{}", "{\"version\":1}", "\xff"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_msg(!parses(texts[i], strlen(texts[i])), "%s", texts[i]);
}
END_TEST

/* ---- files ---- */

static struct app app;
static struct config config;
static char *directory;

static void set_up(void)
{
    char name[] = "/tmp/check_outbox.XXXXXX";

    memset(&app, 0, sizeof(app));
    fake_reset();
    ck_assert_ptr_nonnull(mkdtemp(name));
    config.state_dir = xstrdup(name);
    directory = xasprintf("%s/outbox", name);
    ck_assert_int_eq(mkdir(directory, 0700), 0);
    strcpy(app.incarnation, INCARNATION);
    app.config = &config;
    app.base = event_base_new();
    app.runs = runs_new();
    app.offload = offload_new(app.base);
    app.outbox = outbox_new(&app);
}

static size_t file_count(const char *ending)
{
    DIR *stream = opendir(directory);
    size_t count = 0;

    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;)
        count += entry->d_name[0] != '.' && strlen(entry->d_name) >= strlen(ending) &&
                 strcmp(entry->d_name + strlen(entry->d_name) - strlen(ending), ending) == 0;
    closedir(stream);
    return count;
}

static void tear_down(void)
{
    DIR *stream = opendir(directory);

    offload_free(app.offload);
    outbox_free(app.outbox);
    runs_free(app.runs);
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;)
        unlinkat(dirfd(stream), entry->d_name, 0);
    closedir(stream);
    rmdir(directory);
    rmdir(config.state_dir);
    event_base_free(app.base);
    free(directory);
    free(config.state_dir);
}

static struct run *ended_run(uint64_t row_id, int64_t ago_ms)
{
    struct run *run = xcalloc(1, sizeof(*run));

    run->app = &app;
    run->task.row_id = row_id;
    run->task.attempt = 1;
    snprintf(run->task.id, sizeof(run->task.id), "%08llx-0000-4000-8000-000000000000",
             (unsigned long long)row_id);
    run->reaped = true;
    run->verdict = (struct run_verdict){.status = TASK_SUCCESS, .cause = CAUSE_SUCCESS};
    run->ended_ms = clock_ms() - ago_ms;
    runs_add(app.runs, run);
    outbox_add(app.outbox, run);
    return run;
}

static void stored(struct run *run)
{
    outbox_stored(app.outbox, run);
    runs_remove(app.runs, run);
    free(run);
}

/* The time limit of the test ends one that never comes true. */
static void turn_until(size_t count, const char *ending)
{
    while (file_count(ending) != count)
        event_base_loop(app.base, EVLOOP_NONBLOCK);
}

START_TEST(an_end_that_is_stored_at_once_is_no_file)
{
    struct run *run = ended_run(1, 0);

    outbox_store_state(app.outbox);
    ck_assert_uint_eq(outbox_count(app.outbox), 0);
    stored(run);
    ck_assert_uint_eq(file_count(""), 0);
}
END_TEST

START_TEST(an_end_that_waits_becomes_a_file_until_it_is_stored)
{
    struct run *run = ended_run(1, 0);
    struct stat info;
    char *path = xasprintf("%s/%s.1.json", directory, run->task.id);

    turn_until(1, ".json"); /* a second later */
    ck_assert_uint_eq(outbox_count(app.outbox), 1);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    stored(run);
    ck_assert_uint_eq(outbox_count(app.outbox), 0);
    turn_until(0, "");
    free(path);
}
END_TEST

START_TEST(many_ends_are_written_in_groups)
{
    struct run *runs[200];

    for (size_t i = 0; i < 200; i++)
        runs[i] = ended_run(i + 1, 2000);
    outbox_store_state(app.outbox);
    turn_until(200, ".json");
    for (size_t i = 0; i < 200; i++)
        stored(runs[i]);
    turn_until(0, "");
}
END_TEST

START_TEST(a_disk_that_takes_no_file_is_tried_again)
{
    struct run *run = ended_run(1, 2000);

    ck_assert_int_eq(rmdir(directory), 0);
    outbox_store_state(app.outbox);
    while (outbox_count(app.outbox) == 1)
        event_base_loop(app.base, EVLOOP_ONCE);
    ck_assert_int_eq(mkdir(directory, 0700), 0);
    while (file_count(".json") == 0)
        event_base_loop(app.base, EVLOOP_ONCE);
    stored(run);
    turn_until(0, "");
}
END_TEST

/* ---- the next life ---- */

static unsigned loaded;

static void loaded_cb(struct app *owner)
{
    ck_assert_ptr_eq(owner, &app);
    loaded++;
}

static void write_record(const struct store_finish *finish, const char *name)
{
    char *path = xasprintf("%s/%s", directory, name);
    char *text = outbox_record_text(TASK, finish, 1);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert(fd_write_all(fd, text, strlen(text)));
    close(fd);
    free(path);
    free(text);
}

START_TEST(what_was_left_is_stored_and_removed)
{
    struct store_finish finish = some_finish(NULL);
    char name[32];

    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "%d.json", i);
        finish.row_id = (uint64_t)i + 1;
        write_record(&finish, name);
    }
    loaded = 0;
    outbox_load(&app, loaded_cb);
    for (size_t left = 40; left > 0; left -= fake_cycle.finish_count) {
        while (!fake_cycle.waiting)
            event_base_loop(app.base, EVLOOP_ONCE);
        ck_assert_uint_eq(file_count(".json"), left);
        ck_assert_uint_eq(fake_cycle.claim_limit, 0);
        ck_assert_uint_eq(loaded, 0);
        fake_answer(STORE_OK, "t", NULL, 0);
    }
    while (loaded == 0)
        event_base_loop(app.base, EVLOOP_ONCE);
    ck_assert_uint_eq(file_count(""), 0);
}
END_TEST

START_TEST(what_the_database_does_not_take_now_stays)
{
    struct store_finish finish = some_finish(NULL);

    write_record(&finish, "1.json");
    loaded = 0;
    outbox_load(&app, loaded_cb);
    while (!fake_cycle.waiting)
        event_base_loop(app.base, EVLOOP_ONCE);
    fake_answer(STORE_UNAVAILABLE, "t", NULL, 0);
    ck_assert_uint_eq(file_count(".json"), 1);
    ck_assert_uint_eq(loaded, 0);
}
END_TEST

START_TEST(half_a_file_is_dropped_and_a_broken_one_set_aside)
{
    struct store_finish finish = some_finish(NULL);

    finish.row_id = 0;
    write_record(&finish, "1.json");
    write_record(&finish, "2.json.new");
    loaded = 0;
    outbox_load(&app, loaded_cb);
    while (loaded == 0)
        event_base_loop(app.base, EVLOOP_ONCE);
    ck_assert_uint_eq(fake_cycle.asked, 0);
    ck_assert_uint_eq(file_count("1.json.broken"), 1);
    ck_assert_uint_eq(file_count(""), 1);
}
END_TEST

static Suite *outbox_suite(void)
{
    Suite *suite = suite_create("outbox");
    TCase *record = tcase_create("record"), *files = tcase_create("files");

    tcase_add_test(record, a_record_says_all_of_an_end);
    tcase_add_test(record, every_cause_and_count_comes_back);
    tcase_add_test(record, no_part_of_a_record_is_taken);
    tcase_add_loop_test(record, a_spoilt_member_spoils_the_record, 0,
                        sizeof(spoilt) / sizeof(spoilt[0]));
    tcase_add_test(record, what_is_no_record_is_refused);
    suite_add_tcase(suite, record);
    tcase_add_checked_fixture(files, set_up, tear_down);
    tcase_set_timeout(files, 30);
    tcase_add_test(files, an_end_that_is_stored_at_once_is_no_file);
    tcase_add_test(files, an_end_that_waits_becomes_a_file_until_it_is_stored);
    tcase_add_test(files, many_ends_are_written_in_groups);
    tcase_add_test(files, a_disk_that_takes_no_file_is_tried_again);
    tcase_add_test(files, what_was_left_is_stored_and_removed);
    tcase_add_test(files, what_the_database_does_not_take_now_stays);
    tcase_add_test(files, half_a_file_is_dropped_and_a_broken_one_set_aside);
    suite_add_tcase(suite, files);
    return suite;
}

CHECK_MAIN(outbox_suite)
