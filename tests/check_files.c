/* SPDX-License-Identifier: MIT */
/* Stored files without a database: links, names, and bytes on the disk. */
#include "supervisor/file_link.h"
#include "supervisor/file_store.h"
#include "tests/check_main.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- links ---- */

#define OTHER_SECRET "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SECRET "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY "7f0c9d1e-0f5b-4a58-9c22-0e6f1b1d2a33"
/* printf '%s' "$KEY:1700000000" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$SECRET */
#define SIGNATURE "1b06c4928f1c1fced25e58c1671bc9912e9883889556718d4fbdbcba36476e50"
#define EXPIRES 1700000000

START_TEST(a_link_is_an_hmac)
{
    char signature[FILE_LINK_SIGNATURE_SIZE];

    file_link_sign(SECRET, KEY, EXPIRES, signature);
    ck_assert_str_eq(signature, SIGNATURE);
    ck_assert(file_link_is_good(SECRET, KEY, SIGNATURE, EXPIRES, EXPIRES));
}
END_TEST

START_TEST(a_link_is_good_for_nothing_else)
{
    char signature[FILE_LINK_SIGNATURE_SIZE + 1];

    ck_assert(!file_link_is_good(SECRET, KEY, SIGNATURE, EXPIRES, EXPIRES + 1));
    ck_assert(!file_link_is_good(SECRET, KEY, SIGNATURE, EXPIRES + 1, EXPIRES));
    ck_assert(!file_link_is_good(SECRET, "8f0c9d1e-0f5b-4a58-9c22-0e6f1b1d2a33", SIGNATURE, EXPIRES,
                                 EXPIRES));
    ck_assert(!file_link_is_good(OTHER_SECRET, KEY, SIGNATURE, EXPIRES, EXPIRES));
    ck_assert(!file_link_is_good(SECRET, KEY, "", EXPIRES, EXPIRES));
    ck_assert(!file_link_is_good(SECRET, KEY, SIGNATURE "0", EXPIRES, EXPIRES));
    for (size_t i = 0; i < strlen(SIGNATURE); i++) {
        strcpy(signature, SIGNATURE);
        signature[i] = signature[i] == '0' ? '1' : '0';
        ck_assert(!file_link_is_good(SECRET, KEY, signature, EXPIRES, EXPIRES));
    }
}
END_TEST

/* ---- names ---- */

static const struct {
    const char *given, *shown;
} names[] = {
    {"report.csv", "report.csv"},
    {"../../etc/passwd", "passwd"},
    {"C:\\dir\\x.txt", "x.txt"},
    {"dir/", "file"},
    {"", "file"},
    {"..", "file"},
    {"a/.", "file"},
    {".hidden", ".hidden"},
    {"\xc3\xa4 \"quoted\".csv", "\xc3\xa4 \"quoted\".csv"},
};

START_TEST(names_for_people)
{
    char *name = file_display_name(names[_i].given, "file");

    ck_assert_str_eq(name, names[_i].shown);
    free(name);
}
END_TEST

START_TEST(a_name_is_never_too_long_or_broken)
{
    char given[2000], *name;

    memset(given, 'x', sizeof(given) - 1);
    given[sizeof(given) - 1] = '\0';
    name = file_display_name(given, "file");
    ck_assert_uint_eq(strlen(name), FILE_NAME_MAX);
    free(name);
    name = file_display_name("a\r\nb\x01\xff.txt", "file");
    ck_assert_ptr_null(strpbrk(name, "\r\n\x01\xff"));
    free(name);
}
END_TEST

START_TEST(types_by_ending)
{
    ck_assert_str_eq(file_content_type("a.CSV"), "text/csv; charset=utf-8");
    ck_assert_str_eq(file_content_type("a.csv.exe"), "application/octet-stream");
    ck_assert_str_eq(file_content_type("csv"), "application/octet-stream");
    ck_assert_str_eq(file_content_type("x.svg"), "image/svg+xml");
}
END_TEST

/* ---- bytes ---- */

static char directory[] = "/tmp/check_files.XXXXXX";
static char path[64];

static void set_up(void)
{
    strcpy(directory, "/tmp/check_files.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/%s", directory, "key");
}

static void tear_down(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(directory), 0); /* nothing else is left in it */
}

START_TEST(a_file_is_stored_whole)
{
    struct file_write *write = file_store_begin(path);
    char sha256[65];
    struct stat info;

    ck_assert(file_store_add(write, "ab", 2) && file_store_add(write, "c", 1));
    ck_assert_int_ne(access(path, F_OK), 0); /* not under its name yet */
    ck_assert(file_store_end(write, sha256));
    ck_assert_str_eq(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_size, 3);
    ck_assert_int_eq(info.st_mode & 0777 & ~0640, 0);
}
END_TEST

START_TEST(a_dropped_file_leaves_nothing)
{
    struct file_write *write = file_store_begin(path);

    ck_assert(file_store_add(write, "ab", 2));
    file_store_drop(write);
}
END_TEST

START_TEST(no_file_without_a_directory)
{
    ck_assert_ptr_null(file_store_begin("/no/such/directory/key"));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

static Suite *files_suite(void)
{
    Suite *suite = suite_create("files");
    TCase *pure = tcase_create("pure"), *disk = tcase_create("disk");

    tcase_add_test(pure, a_link_is_an_hmac);
    tcase_add_test(pure, a_link_is_good_for_nothing_else);
    tcase_add_loop_test(pure, names_for_people, 0, sizeof(names) / sizeof(names[0]));
    tcase_add_test(pure, a_name_is_never_too_long_or_broken);
    tcase_add_test(pure, types_by_ending);
    suite_add_tcase(suite, pure);
    tcase_add_checked_fixture(disk, set_up, tear_down);
    tcase_add_test(disk, a_file_is_stored_whole);
    tcase_add_test(disk, a_dropped_file_leaves_nothing);
    tcase_add_test(disk, no_file_without_a_directory);
    suite_add_tcase(suite, disk);
    return suite;
}

CHECK_MAIN(files_suite)
