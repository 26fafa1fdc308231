/* SPDX-License-Identifier: MIT */
/* Raw heads of requests: what is taken and what is refused, read at once and
 * byte by byte. */
#include "supervisor/http_head.h"
#include "tests/check_main.h"

#include <stdio.h>
#include <string.h>

#define GET "GET /x HTTP/1.1\r\n"
#define POST "POST /x HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define END "\r\n"
/* Bytes that may hold a NUL. */
#define RAW(text) text, sizeof(text) - 1

static const struct row {
    const char *bytes;
    size_t size;
    const char *code; /* NULL: taken */
} rows[] = {
    {RAW(GET HOST END), NULL},
    {RAW("GET / HTTP/1.1\r\n" HOST END), NULL},
    {RAW("GET /x?a=b&c=%20 HTTP/1.0\r\n" HOST END), NULL},
    {RAW("GET /x?redirect=http://b/ HTTP/1.1\r\n" HOST END), NULL},
    {RAW("HEAD /x HTTP/1.1\r\n" HOST END), NULL},
    {RAW("PUT /x HTTP/1.1\r\n" HOST END), NULL},
    {RAW("PATCH /x HTTP/1.1\r\n" HOST END), NULL},
    {RAW("DELETE /x HTTP/1.1\r\n" HOST END), NULL},
    {RAW("OPTIONS /x HTTP/1.1\r\n" HOST END), NULL},
    {RAW("TRACE /x HTTP/1.1\r\n" HOST END), NULL},
    {RAW(POST HOST "Content-Length: 0\r\n" END), NULL},
    {RAW(POST HOST "content-length:7\r\n" END), NULL},
    {RAW(POST HOST "Content-Length: 9999999999\r\n" END), NULL},
    {RAW(POST HOST "Content-Length: 5 \t\r\n" END), NULL},
    {RAW(GET "Host: example.org:8080\r\n" END), NULL},
    {RAW(GET "Host: [::1]:8080\r\n" END), NULL},
    {RAW(GET "Host: 127.0.0.1\r\n" END), NULL},
    {RAW(GET HOST "X-Empty:\r\n" END), NULL},
    {RAW(GET HOST "X-Tab: a\tb\r\n" END), NULL},
    {RAW(GET HOST "X-Text: \xc3\xa9\r\n" END), NULL},
    {RAW(GET HOST "Expect: 100-Continue\r\n" END), NULL},
    {RAW(GET HOST "X-Forwarded-For: a\r\nX-Forwarded-For: b\r\n" END), NULL},

    /* the request line */
    {RAW(END GET HOST END), "E4003"},
    {RAW(" " GET HOST END), "E4003"},
    {RAW("GET\r\n" HOST END), "E4003"},
    {RAW("GET /x\r\n" HOST END), "E4003"},
    {RAW("GET  /x HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET /x  HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET /x HTTP/1.1 \r\n" HOST END), "E4003"},
    {RAW("GET\t/x HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET /x y HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET /x\ty HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET /x\x80 HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET /x\0 HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET /x#y HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET /x?y=z%00 HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET /x?y=%2500&%0=%%30%3 HTTP/1.1\r\n" HOST END), NULL},
    {RAW("GET x HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET * HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("OPTIONS * HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET //evil.example/x HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET http://a/x HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET http://evil.example/x HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("GET /x http/1.1\r\n" HOST END), "E4003"},
    {RAW("GET /x HTTP/1\r\n" HOST END), "E4003"},
    {RAW("GET /x HTTP/1.1x\r\n" HOST END), "E4003"},
    {RAW("GET /x HTTP/01.1\r\n" HOST END), "E4003"},
    {RAW("G@T /x HTTP/1.1\r\n" HOST END), "E4003"},
    {RAW("\x16\x03\x01\x02\x00\x01"), "E4003"},
    {RAW("GET /x HTTP/2.0\r\n" HOST END), "E5051"},
    {RAW("GET /x HTTP/0.9\r\n" HOST END), "E5051"},
    {RAW("GET /x HTTP/1.2\r\n" HOST END), "E5051"},
    {RAW("get /x HTTP/1.1\r\n" HOST END), "E5011"},
    {RAW("BREW /x HTTP/1.1\r\n" HOST END), "E5011"},
    {RAW("GETGETGETGETGETGET /x HTTP/1.1\r\n" HOST END), "E5011"},
    {RAW("CONNECT a:443 HTTP/1.1\r\n" HOST END), "E5011"},
    {RAW("PRI * HTTP/2.0\r\n\r\n"), "E5011"},

    /* the ends of lines */
    {RAW("GET /x HTTP/1.1\n" HOST END), "E4003"},
    {RAW(GET "Host: a\n\r\n"), "E4003"},
    {RAW(GET HOST "\n"), "E4003"},
    {RAW(GET HOST "X: a\rb\r\n" END), "E4003"},
    {RAW(GET HOST "X: a\r\r\n" END), "E4003"},
    {RAW(GET HOST "X: a\nContent-Length: 5\r\n" END), "E4003"},

    /* headers */
    {RAW(GET HOST "X: a\0b\r\n" END), "E4003"},
    {RAW(GET HOST "X: a\x01\r\n" END), "E4003"},
    {RAW(GET HOST "X: a\x7f\r\n" END), "E4003"},
    {RAW(GET HOST "X\0: a\r\n" END), "E4003"},
    {RAW(GET HOST "X : a\r\n" END), "E4003"},
    {RAW(GET HOST "X\t: a\r\n" END), "E4003"},
    {RAW(GET "Host : a\r\n" END), "E4003"},
    {RAW(GET HOST ": a\r\n" END), "E4003"},
    {RAW(GET HOST "X\r\n" END), "E4003"},
    {RAW(GET HOST "X(y): a\r\n" END), "E4003"},
    {RAW(GET HOST "X\xc3\xa9: a\r\n" END), "E4003"},
    {RAW(GET HOST "X: a\r\n b\r\n" END), "E4003"},
    {RAW(GET HOST "X: a\r\n\tb\r\n" END), "E4003"},
    {RAW(GET " Host: a\r\n" END), "E4003"},

    /* who is asked */
    {RAW(GET END), "E4003"},
    {RAW("GET /x HTTP/1.0\r\n" END), "E4003"},
    {RAW(GET "Host:\r\n" END), "E4003"},
    {RAW(GET "Host: \t \r\n" END), "E4003"},
    {RAW(GET HOST HOST END), "E4003"},
    {RAW(GET HOST "host: b\r\n" END), "E4003"},
    {RAW(GET "Host: a b\r\n" END), "E4003"},
    {RAW(GET "Host: a,b\r\n" END), "E4003"},
    {RAW(GET "Host: a/b\r\n" END), "E4003"},
    {RAW(GET "Host: u@a\r\n" END), "E4003"},
    {RAW(GET "Host: a:\r\n" END), "E4003"},
    {RAW(GET "Host: a:port\r\n" END), "E4003"},
    {RAW(GET "Host: [::1\r\n" END), "E4003"},
    {RAW(GET "Host: :80\r\n" END), "E4003"},

    /* where the body ends */
    {RAW(POST HOST "Content-Length: 3\r\nContent-Length: 4\r\n" END), "E4003"},
    {RAW(POST HOST "Content-Length: 3\r\nContent-Length: 3\r\n" END), "E4003"},
    {RAW(POST HOST "Content-Length: 3, 3\r\n" END), "E4003"},
    {RAW(POST HOST "Content-Length: +3\r\n" END), "E4003"},
    {RAW(POST HOST "Content-Length: -3\r\n" END), "E4003"},
    {RAW(POST HOST "Content-Length: 0x3\r\n" END), "E4003"},
    {RAW(POST HOST "Content-Length: 3.0\r\n" END), "E4003"},
    {RAW(POST HOST "Content-Length: 1 1\r\n" END), "E4003"},
    {RAW(POST HOST "Content-Length:\t3\r\n" END), "E4003"},
    {RAW(POST HOST "Content-Length:\r\n" END), "E4003"},
    {RAW(POST HOST "Content-Length: 99999999999\r\n" END), "E4003"},
    {RAW(POST HOST "Transfer-Encoding: chunked\r\n" END), "E4003"},
    {RAW(POST HOST "transfer-encoding:identity\r\n" END), "E4003"},
    {RAW(POST HOST "Transfer-Encoding:\tchunked\r\n" END), "E4003"},
    {RAW(POST HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n" END), "E4003"},
    {RAW("HEAD /x HTTP/1.1\r\n" HOST "Content-Length: 3\r\n" END), "E4003"},
    {RAW("TRACE /x HTTP/1.1\r\n" HOST "Content-Length: 3\r\n" END), "E4003"},
    {RAW(POST HOST "Expect: 200-ok\r\nContent-Length: 3\r\n" END), "E4171"},
    {RAW(POST HOST "Expect:\t100-continue\r\nContent-Length: 3\r\n" END), "E4171"},

    /* who asks */
    {RAW(GET HOST "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n" END), "E4003"},
    {RAW(GET HOST "Cookie: a=1\r\nCookie: b=2\r\n" END), "E4003"},
    {RAW(GET HOST "Origin: http://a\r\nOrigin: http://b\r\n" END), "E4003"},
    {RAW(GET HOST "Content-Type: a/b\r\nContent-Type: c/d\r\n" END), "E4003"},
};
#define ROW_COUNT ((int)(sizeof(rows) / sizeof(rows[0])))

static const char *code_of(enum http_head_state state, const struct http_head *head)
{
    return state == HTTP_HEAD_INCOMPLETE ? "incomplete"
           : state == HTTP_HEAD_COMPLETE ? "taken"
                                         : head->fault.code;
}

/* The place of a row: the text would not do for one that holds a NUL. */
static void expect(const struct row *row, const char *code, const char *how)
{
    const char *wanted = row->code != NULL ? row->code : "taken";

    ck_assert_msg(strcmp(code, wanted) == 0, "row %d, %s: %s instead of %s: %.60s",
                  (int)(row - rows), how, code, wanted, row->bytes);
}

START_TEST(a_head_read_at_once)
{
    const struct row *row = &rows[_i];
    struct http_head head = {0};

    expect(row, code_of(http_head_read(&head, row->bytes, row->size), &head), "at once");
    if (row->code == NULL)
        ck_assert_uint_eq(head.size, row->size);
    else
        ck_assert_ptr_nonnull(head.fault.text);
}
END_TEST

START_TEST(a_head_read_byte_by_byte)
{
    const struct row *row = &rows[_i];
    struct http_head head = {0};
    enum http_head_state state = HTTP_HEAD_INCOMPLETE;

    for (size_t size = 1; size <= row->size; size++) {
        ck_assert_msg(row->code != NULL || size == 1 || state == HTTP_HEAD_INCOMPLETE,
                      "row %d is taken before its end", _i);
        state = http_head_read(&head, row->bytes, size);
    }
    expect(row, code_of(state, &head), "byte by byte");
}
END_TEST

START_TEST(what_follows_is_left_alone)
{
    static const char bytes[] =
        POST HOST "Content-Length: 5\r\nConnection: foo , Close\r\n" END "hello\nGET /";
    struct http_head head = {0};

    ck_assert_int_eq(http_head_read(&head, bytes, sizeof(bytes) - 1), HTTP_HEAD_COMPLETE);
    ck_assert_str_eq(head.method, "POST");
    ck_assert_uint_eq(head.content_length, 5);
    ck_assert(head.wants_close);
    ck_assert_str_eq(bytes + head.size, "hello\nGET /");
}
END_TEST

START_TEST(the_path_ends_before_the_query)
{
    static const char bytes[] = "GET /a/b?c=/d HTTP/1.1\r\n" HOST END;
    struct http_head head = {0};

    ck_assert_int_eq(http_head_read(&head, bytes, sizeof(bytes) - 1), HTTP_HEAD_COMPLETE);
    ck_assert_uint_eq(head.path_length, 4);
    ck_assert_int_eq(memcmp(bytes + head.path_at, "/a/b", 4), 0);
}
END_TEST

START_TEST(http_1_0_expects_nothing)
{
    static const char bytes[] =
        "POST /x HTTP/1.0\r\n" HOST "Expect: 100-continue\r\nContent-Length: 1\r\n" END;
    struct http_head head = {0};

    ck_assert_int_eq(http_head_read(&head, bytes, sizeof(bytes) - 1), HTTP_HEAD_COMPLETE);
    ck_assert(!head.expects_continue);
}
END_TEST

/* ---- limits: the largest that is taken, and one more ---- */

static const char *code_of_target(size_t length)
{
    static char bytes[HTTP_HEAD_MAX * 2];
    struct http_head head = {0};
    int size =
        snprintf(bytes, sizeof(bytes), "GET /%0*d HTTP/1.1\r\n" HOST END, (int)length - 1, 0);

    return code_of(http_head_read(&head, bytes, (size_t)size), &head);
}

START_TEST(the_address_has_a_limit)
{
    ck_assert_str_eq(code_of_target(HTTP_TARGET_MAX), "taken");
    ck_assert_str_eq(code_of_target(HTTP_TARGET_MAX + 1), "E4141");
    ck_assert_str_eq(code_of_target(HTTP_TARGET_MAX + 1000), "E4141");
}
END_TEST

static const char *code_of_size(int size)
{
    static char bytes[HTTP_HEAD_MAX * 2];
    struct http_head head = {0};
    int rest = size - (int)strlen(GET HOST "X: " END END);

    snprintf(bytes, sizeof(bytes), GET HOST "X: %0*d\r\n\r\n", rest, 0);
    ck_assert_uint_eq(strlen(bytes), (size_t)size);
    return code_of(http_head_read(&head, bytes, (size_t)size), &head);
}

START_TEST(the_headers_have_a_limit)
{
    ck_assert_str_eq(code_of_size(HTTP_HEAD_MAX), "taken");
    ck_assert_str_eq(code_of_size(HTTP_HEAD_MAX + 1), "E4311");
}
END_TEST

static const char *code_of_count(int count)
{
    static char bytes[HTTP_HEAD_MAX];
    struct http_head head = {0};
    size_t size = (size_t)snprintf(bytes, sizeof(bytes), GET HOST);

    for (int i = 1; i < count; i++)
        size += (size_t)snprintf(bytes + size, sizeof(bytes) - size, "X-%d: y\r\n", i);
    size += (size_t)snprintf(bytes + size, sizeof(bytes) - size, END);
    return code_of(http_head_read(&head, bytes, size), &head);
}

START_TEST(the_number_of_headers_has_a_limit)
{
    ck_assert_str_eq(code_of_count(HTTP_HEADER_COUNT_MAX), "taken");
    ck_assert_str_eq(code_of_count(HTTP_HEADER_COUNT_MAX + 1), "E4311");
}
END_TEST

/* What can only be wrong is refused before its line has ended. */
START_TEST(a_fault_is_told_early)
{
    struct http_head bare = {0}, endless = {0};
    static char bytes[HTTP_HEAD_MAX * 2];

    ck_assert_int_eq(http_head_read(&bare, RAW("GET /x HTTP/1.1\n")), HTTP_HEAD_FAULTY);
    memset(bytes, 'a', sizeof(bytes));
    ck_assert_int_eq(http_head_read(&endless, bytes, HTTP_TARGET_MAX), HTTP_HEAD_INCOMPLETE);
    ck_assert_int_eq(http_head_read(&endless, bytes, HTTP_TARGET_MAX + 40), HTTP_HEAD_FAULTY);
    ck_assert_str_eq(endless.fault.code, "E4141");
    ck_assert_int_eq(http_head_read(&endless, bytes, sizeof(bytes)), HTTP_HEAD_FAULTY);
}
END_TEST

/* ---- heads made wrong at random: always the same ones ---- */

static unsigned next_random(unsigned below)
{
    static uint64_t state = 88172645463325252U;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 11) % below;
}

static size_t mutate(char *bytes, size_t size)
{
    static const char odd[] = "\0\t\n\r :/?#%,;\x7f\xff[]0";

    for (unsigned n = 1 + next_random(3); n > 0; n--) {
        size_t at = next_random((unsigned)size);
        if (next_random(3) > 0) {
            bytes[at] = odd[next_random(sizeof(odd) - 1)];
        } else if (size > 2) {
            memmove(bytes + at, bytes + at + 1, size - at - 1);
            size--;
        }
    }
    return size;
}

START_TEST(pieces_make_no_difference)
{
    char *bytes;
    size_t size;

    for (int round = 0; round < 100; round++) {
        struct http_head whole = {0}, pieces = {0};
        enum http_head_state state;

        bytes = malloc(rows[_i].size); /* exactly, so that reading behind it is seen */
        ck_assert_ptr_nonnull(bytes);
        memcpy(bytes, rows[_i].bytes, rows[_i].size);
        size = mutate(bytes, rows[_i].size);
        for (size_t end = 1 + next_random(9); end < size; end += 1 + next_random(9))
            http_head_read(&pieces, bytes, end);
        state = http_head_read(&pieces, bytes, size);
        ck_assert_int_eq(http_head_read(&whole, bytes, size), state);
        ck_assert_uint_eq(whole.size, pieces.size);
        ck_assert_uint_eq(whole.content_length, pieces.content_length);
        ck_assert_ptr_eq(whole.fault.text, pieces.fault.text);
        ck_assert(whole.size <= size);
        free(bytes);
    }
}
END_TEST

static Suite *http_head_suite(void)
{
    Suite *suite = suite_create("http_head");
    TCase *tcase = tcase_create("heads");

    tcase_add_loop_test(tcase, a_head_read_at_once, 0, ROW_COUNT);
    tcase_add_loop_test(tcase, a_head_read_byte_by_byte, 0, ROW_COUNT);
    tcase_add_test(tcase, what_follows_is_left_alone);
    tcase_add_test(tcase, the_path_ends_before_the_query);
    tcase_add_test(tcase, http_1_0_expects_nothing);
    tcase_add_test(tcase, the_address_has_a_limit);
    tcase_add_test(tcase, the_headers_have_a_limit);
    tcase_add_test(tcase, the_number_of_headers_has_a_limit);
    tcase_add_test(tcase, a_fault_is_told_early);
    tcase_add_loop_test(tcase, pieces_make_no_difference, 0, ROW_COUNT);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(http_head_suite)
