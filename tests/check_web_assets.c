/* SPDX-License-Identifier: MIT */
/* The console's files: what is read, under which path, in which encoding. */
#include "supervisor/web_assets.h"
#include "common/xalloc.h"
#include "tests/check_main.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];

static void write_file(const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", directory, name);
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static void remove_file(const char *name)
{
    char *path = xasprintf("%s/%s", directory, name);

    remove(path);
    free(path);
}

static void setup(void)
{
    char *assets;

    strcpy(directory, "/tmp/check_web_assets.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    assets = xasprintf("%s/assets", directory);
    ck_assert_int_eq(mkdir(assets, 0755), 0);
    free(assets);
    write_file("index.html", "<head><base href=\"/\"></head>");
    write_file("index.html.gz", "packed");
    write_file("assets/app.js", "plain");
    write_file("assets/app.js.gz", "gzip");
    write_file("assets/app.js.br", "brotli");
    write_file(".hidden", "x");
}

static void teardown(void)
{
    static const char *const names[] = {
        "index.html",       "index.html.gz", "assets/app.js", "assets/app.js.gz",
        "assets/app.js.br", ".hidden",       "assets",        ""};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        remove_file(names[i]);
}

START_TEST(files_are_found_by_path)
{
    struct web_assets *assets = web_assets_read(directory, "/");
    const struct web_asset *app;

    ck_assert_ptr_nonnull(assets);
    app = web_assets_find(assets, "/assets/app.js");
    ck_assert_ptr_nonnull(app);
    ck_assert(app->immutable);
    ck_assert_str_eq(app->content_type, "text/javascript; charset=utf-8");
    ck_assert_uint_eq(app->bodies[WEB_IDENTITY].size, 5);
    ck_assert(!web_assets_find(assets, "/index.html")->immutable);
    ck_assert_ptr_null(web_assets_find(assets, "/assets/app.js.gz"));
    ck_assert_ptr_null(web_assets_find(assets, "/.hidden"));
    ck_assert_ptr_null(web_assets_find(assets, "/assets/../index.html"));
    ck_assert_ptr_null(web_assets_find(assets, ""));
    web_assets_free(assets);
}
END_TEST

static const struct {
    const char *accepted;
    enum web_encoding wanted;
} choices[] = {{NULL, WEB_IDENTITY},
               {"", WEB_IDENTITY},
               {"gzip, deflate, br", WEB_BROTLI},
               {"gzip", WEB_GZIP},
               {"GZIP;q=0.5", WEB_GZIP},
               {"br;q=0, gzip", WEB_GZIP},
               {"br; q=0.000, gzip;q=0", WEB_IDENTITY},
               {"*", WEB_BROTLI},
               {"brotli", WEB_IDENTITY},
               {",,;,", WEB_IDENTITY},
               {"identity", WEB_IDENTITY}};

START_TEST(the_client_decides_the_encoding)
{
    struct web_assets *assets = web_assets_read(directory, "/");
    const struct web_asset *app = web_assets_find(assets, "/assets/app.js");

    ck_assert_msg(web_assets_choose(app, choices[_i].accepted) == choices[_i].wanted, "%s",
                  choices[_i].accepted);
    web_assets_free(assets);
}
END_TEST

START_TEST(the_prefix_is_written_into_the_first_page)
{
    struct web_assets *assets = web_assets_read(directory, "/jobs/");
    const struct web_asset *index = web_assets_find(assets, "/index.html");

    ck_assert_str_eq((const char *)index->bodies[WEB_IDENTITY].bytes,
                     "<head><base href=\"/jobs/\"></head>");
    ck_assert_ptr_null(index->bodies[WEB_GZIP].bytes); /* the old one says "/" */
    web_assets_free(assets);
}
END_TEST

START_TEST(what_is_no_console_is_refused)
{
    write_file("index.html", "no base");
    ck_assert_ptr_null(web_assets_read(directory, "/jobs/"));
    remove_file("index.html");
    ck_assert_ptr_null(web_assets_read(directory, "/"));
    ck_assert_ptr_null(web_assets_read("/nonexistent", "/"));
}
END_TEST

static Suite *web_assets_suite(void)
{
    Suite *suite = suite_create("web_assets");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, files_are_found_by_path);
    tcase_add_loop_test(tests, the_client_decides_the_encoding, 0,
                        sizeof(choices) / sizeof(choices[0]));
    tcase_add_test(tests, the_prefix_is_written_into_the_first_page);
    tcase_add_test(tests, what_is_no_console_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(web_assets_suite)
