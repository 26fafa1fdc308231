/* SPDX-License-Identifier: MIT */
/* Forms as browsers send them, and forms that nobody should be able to use. */
#include "supervisor/multipart.h"
#include "tests/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE "multipart/form-data; boundary=b0"
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FILE_PART(name) "Content-Disposition: form-data; name=\"file\"; filename=" name "\r\n\r\n"

static struct multipart form;

/* In a block of its own, so that the sanitizer sees each byte read beyond it. */
static const char *parse(const char *type, const char *body, size_t size)
{
    static char *copy;

    free(copy);
    copy = malloc(size > 0 ? size : 1);
    memcpy(copy, body, size);
    return multipart_parse(type, copy, size, &form);
}

START_TEST(fields_and_files)
{
    static const char body[] =
        "--b0\r\n" FIELD("access") "public\r\n--b0\r\n"
                                   "Content-Type: text/plain\r\n" FILE_PART(
                                       "\"a b.txt\"") "one\r\ntwo\r\n--b0x\r\n\r\n--b0 "
                                                      "\r\n" FIELD("empty") "\r\n--b0--\r\n";

    ck_assert_ptr_null(parse(TYPE, body, sizeof(body) - 1));
    ck_assert_uint_eq(form.count, 3);
    ck_assert_str_eq(form.parts[0].name, "access");
    ck_assert(!form.parts[0].is_file);
    ck_assert_uint_eq(form.parts[0].size, 6);
    ck_assert(form.parts[1].is_file);
    ck_assert_str_eq(form.parts[1].filename, "a b.txt");
    ck_assert_uint_eq(form.parts[1].size, strlen("one\r\ntwo\r\n--b0x\r\n"));
    ck_assert_int_eq(memcmp(form.parts[1].data, "one\r\ntwo\r\n--b0x\r\n", 17), 0);
    ck_assert_uint_eq(form.parts[2].size, 0);
    ck_assert_ptr_eq(multipart_field(&form, "access"), &form.parts[0]);
    ck_assert_ptr_null(multipart_field(&form, "file"));
}
END_TEST

START_TEST(any_bytes_are_data)
{
    static const char body[] = "--b0\r\n" FILE_PART("x") "\0\r\n--b\xff\r\r\n\r\n--b0--";

    ck_assert_ptr_null(parse(TYPE, body, sizeof(body) - 1));
    ck_assert_uint_eq(form.parts[0].size, 10);
    ck_assert_str_eq(form.parts[0].filename, "x");
}
END_TEST

static const struct {
    const char *type;
    bool good;
} types[] = {
    {TYPE, true},
    {"Multipart/Form-Data; charset=utf-8; Boundary=\"b0\"", true},
    {"multipart/form-data;boundary=b0", true},
    {"multipart/form-data", false},
    {"multipart/form-data; boundary=", false},
    {"multipart/form-data; boundary=\"b0", false},
    {"multipart/form-data; boundary=\"b0 \"", false},
    {"multipart/form-data; boundary=b\x01", false},
    {"multipart/form-data; boundary=b1", false},
    {"multipart/mixed; boundary=b0", false},
    {"text/plain", false},
    {NULL, false},
    {"multipart/form-data; "
     "boundary=0123456789012345678901234567890123456789012345678901234567890123456789x",
     false},
};

START_TEST(content_types)
{
    static const char body[] = "--b0\r\n" FIELD("a") "1\r\n--b0--";

    ck_assert_int_eq(parse(types[_i].type, body, sizeof(body) - 1) == NULL, types[_i].good);
}
END_TEST

static const struct {
    const char *given, *read;
} names[] = {
    {"\"../../etc/passwd\"", "../../etc/passwd"},
    {"\"a\\\"b.txt\"", "a\"b.txt"},
    {"\"C:\\dir\\x.txt\"", "C:\\dir\\x.txt"},
    {"\"a%22b%0d%0Ac%41.txt\"", "a\"b\r\nc%41.txt"},
    {"\"\"", ""},
    {"plain.txt", "plain.txt"},
    {"\"\xc3\xa4\xff\"", "\xc3\xa4\xff"},
    {"\"x\"; filename=\"y\"", "x"},
};

START_TEST(file_names_come_as_they_were_given)
{
    char body[400];
    int size =
        snprintf(body, sizeof(body), "--b0\r\n" FILE_PART("%s") "1\r\n--b0--", names[_i].given);

    ck_assert_ptr_null(parse(TYPE, body, (size_t)size));
    ck_assert_str_eq(form.parts[0].filename, names[_i].read);
    ck_assert(form.parts[0].is_file);
}
END_TEST

static const char *const bad[] = {
    "",
    "--b0",
    "--b0--",
    "--b0\r\n",
    "--b0\r\n\r\n1\r\n--b0--",
    "\r\n--b0\r\n" FIELD("a") "1\r\n--b0--",
    "preamble\r\n--b0\r\n" FIELD("a") "1\r\n--b0--",
    "--b0\r\n" FIELD("a") "1\r\n--b0",
    "--b0\r\n" FIELD("a") "1\r\n--b0-",
    "--b0\r\n" FIELD("a") "1\r\n--b0--epilogue",
    "--b0\r\n" FIELD("a") "1\n--b0--\n",
    "--b0\r\n" FIELD("a") "1",
    "--b0\nContent-Disposition: form-data; name=\"a\"\n\n1\n--b0--",
    "--b0\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--b0--",
    "--b0\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b0--",
    "--b0\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b0--",
    "--b0\r\nContent-Disposition: form-data; name=\"a\" x\r\n\r\n1\r\n--b0--",
    "--b0\r\nContent-Disposition: form-data; name\r\n\r\n1\r\n--b0--",
    "--b0\r\n"
    "Content-Disposition: form-data; name=\"a\"\r\n" FIELD("b") "1\r\n--b0--",
    "--b0\r\nContent-Disposition: form-data; name=\""
    "01234567890123456789012345678901234567890123456789012345678901234\"\r\n\r\n1\r\n--b0--",
};

START_TEST(a_malformed_form_is_refused)
{
    ck_assert_ptr_nonnull(parse(TYPE, bad[_i], strlen(bad[_i])));
}
END_TEST

START_TEST(a_form_cut_anywhere_is_refused)
{
    static const char body[] =
        "--b0\r\n" FIELD("a") "1\r\n--b0\r\n" FILE_PART("\"f\"") "2\r\n--b0--";

    for (size_t size = 0; size < sizeof(body) - 1; size++)
        ck_assert_ptr_nonnull(parse(TYPE, body, size));
    ck_assert_ptr_null(parse(TYPE, body, sizeof(body) - 1));
}
END_TEST

START_TEST(too_much_is_refused)
{
    static char body[200 * 1024];
    char *to = stpcpy(body, "--b0");

    for (int i = 0; i <= MULTIPART_PARTS_MAX; i++)
        to = stpcpy(to, "\r\n" FIELD("a") "1\r\n--b0");
    to = stpcpy(to, "--");
    ck_assert_ptr_nonnull(parse(TYPE, body, strlen(body)));

    to = stpcpy(body, "--b0\r\n"
                      "X-Long: ");
    memset(to, 'x', 100000);
    strcpy(to + 100000, "\r\n" FIELD("a") "1\r\n--b0--");
    ck_assert_ptr_nonnull(parse(TYPE, body, strlen(body)));

    to = stpcpy(body, "--b0\r\n");
    for (int i = 0; i < 1000; i++)
        to = stpcpy(to, "X: yyyyyy\r\n");
    stpcpy(to, FIELD("a") "1\r\n--b0--");
    ck_assert_ptr_nonnull(parse(TYPE, body, strlen(body)));
}
END_TEST

static Suite *multipart_suite(void)
{
    Suite *suite = suite_create("multipart");
    TCase *all = tcase_create("all");

    tcase_add_test(all, fields_and_files);
    tcase_add_test(all, any_bytes_are_data);
    tcase_add_loop_test(all, content_types, 0, sizeof(types) / sizeof(types[0]));
    tcase_add_loop_test(all, file_names_come_as_they_were_given, 0,
                        sizeof(names) / sizeof(names[0]));
    tcase_add_loop_test(all, a_malformed_form_is_refused, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(all, a_form_cut_anywhere_is_refused);
    tcase_add_test(all, too_much_is_refused);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(multipart_suite)
