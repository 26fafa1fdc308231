/* SPDX-License-Identifier: MIT */
/* Clients behind proxies, web origins, ranges of addresses. */
#include "supervisor/http_origin.h"
#include "tests/check_main.h"

#include <string.h>

static struct ip_range proxies[3];
static char *origins[] = {"https://front.example", "http://localhost:3000"};
static const struct config_http config = {.trusted_proxies = proxies,
                                          .trusted_proxy_count = 3,
                                          .cors_origins = origins,
                                          .cors_origin_count = 2};

static void setup(void)
{
    ck_assert(ip_range_parse("127.0.0.1", &proxies[0]));
    ck_assert(ip_range_parse("10.0.0.0/8", &proxies[1]));
    ck_assert(ip_range_parse("fd00::/8", &proxies[2]));
}

/* ---- who the client is ---- */

static const struct client_row {
    const char *direct, *for_list, *proto, *host;
    const char *address;
    bool is_https;
    const char *called;
} client_rows[] = {
    {"192.0.2.1", NULL, NULL, NULL, "192.0.2.1", false, "own:80"},
    {"192.0.2.1", "198.51.100.7", "https", "evil", "192.0.2.1", false, "own:80"},
    {"10.1.2.3", NULL, NULL, NULL, "10.1.2.3", false, "own:80"},
    {"10.1.2.3", "198.51.100.7", "https", "site.example", "198.51.100.7", true, "site.example"},
    {"::ffff:10.1.2.3", "198.51.100.7", NULL, NULL, "198.51.100.7", false, "own:80"},
    {"fd00::1", "2001:db8::5", "HTTPS", "a:8443", "2001:db8::5", true, "a:8443"},
    {"10.1.2.3", "1.2.3.4, 198.51.100.7", NULL, NULL, "198.51.100.7", false, "own:80"},
    {"10.1.2.3", "1.2.3.4 ,198.51.100.7 ,\t10.9.9.9", NULL, NULL, "198.51.100.7", false, "own:80"},
    {"10.1.2.3", "10.9.9.9", NULL, NULL, "10.9.9.9", false, "own:80"},
    {"10.1.2.3", "nonsense", NULL, NULL, "10.1.2.3", false, "own:80"},
    {"10.1.2.3", "nonsense, 10.7.7.7", NULL, NULL, "10.7.7.7", false, "own:80"},
    {"10.1.2.3", "", "", "", "10.1.2.3", false, "own:80"},
    {"10.1.2.3", ",,", NULL, NULL, "10.1.2.3", false, "own:80"},
    {"10.1.2.3", NULL, "https, http", "a, b", "10.1.2.3", false, "b"},
    {"10.1.2.3", NULL, NULL, "evil/x", "10.1.2.3", false, "own:80"},
    {"127.0.0.2", "198.51.100.7", NULL, NULL, "127.0.0.2", false, "own:80"},
};

START_TEST(clients_behind_proxies)
{
    const struct client_row *row = &client_rows[_i];
    struct http_forwarded forwarded = {row->for_list, row->proto, row->host};
    struct http_client client;
    struct ip_address direct;
    char text[IP_TEXT_SIZE];

    ck_assert(ip_address_parse(row->direct, &direct));
    http_client_find(&client, &config, &direct, "own:80", &forwarded);
    ip_address_format(&client.address, text);
    ck_assert_str_eq(text, row->address);
    ck_assert_int_eq(client.is_https, row->is_https);
    ck_assert_str_eq(client.host, row->called);
}
END_TEST

/* ---- same origin ---- */

static const struct origin_row {
    const char *host;
    bool is_https;
    const char *origin, *fetch_site;
    bool is_same;
} origin_rows[] = {
    {"a:8080", false, "http://a:8080", NULL, true},
    {"a:8080", false, "http://A:8080", NULL, true},
    {"a", false, "http://a", NULL, true},
    {"a:80", false, "http://a", NULL, true},
    {"a", false, "http://a:80", NULL, true},
    {"a", true, "https://a", NULL, true},
    {"a:443", true, "https://a", NULL, true},
    {"a", false, "https://a", NULL, true},
    {"a", true, "http://a", NULL, false},
    {"a", false, "http://a:8080", NULL, false},
    {"a:8080", false, "http://a", NULL, false},
    {"a", false, "http://b", NULL, false},
    {"a", false, "http://a.b", NULL, false},
    {"a.b", false, "http://a", NULL, false},
    {"a", false, "http://", NULL, false},
    {"a", false, "http://a/", NULL, false},
    {"a", false, "null", NULL, false},
    {"null", false, "null", NULL, false},
    {"a", false, "", NULL, false},
    {"a", false, "a", NULL, false},
    {"a", false, "ftp://a", NULL, false},
    {"a", false, "http://b", "same-origin", false},
    {"a", false, "null", "same-origin", false},
    {"a", false, NULL, "same-origin", true},
    {"a", false, NULL, "none", true},
    {"a", false, NULL, "same-site", false},
    {"a", false, NULL, "cross-site", false},
    {"a", false, NULL, "", false},
    {"a", false, NULL, NULL, false},
};

START_TEST(origins_of_pages)
{
    const struct origin_row *row = &origin_rows[_i];
    struct http_client client = {.is_https = row->is_https};

    strcpy(client.host, row->host);
    ck_assert_int_eq(http_origin_is_same(&client, row->origin, row->fetch_site), row->is_same);
}
END_TEST

START_TEST(origins_that_are_listed)
{
    ck_assert(http_origin_is_listed(&config, "https://front.example"));
    ck_assert(http_origin_is_listed(&config, "http://localhost:3000"));
    ck_assert(!http_origin_is_listed(&config, "http://front.example"));
    ck_assert(!http_origin_is_listed(&config, "https://front.example.evil"));
    ck_assert(!http_origin_is_listed(&config, "https://FRONT.example"));
    ck_assert(!http_origin_is_listed(&config, "null"));
    ck_assert(!http_origin_is_listed(&config, ""));
}
END_TEST

/* ---- ranges of addresses ---- */

static const struct range_row {
    const char *range, *inside, *outside; /* NULL: no such range */
} range_rows[] = {
    {"10.0.0.0/8", "10.255.0.1", "11.0.0.1"},
    {"192.0.2.128/25", "192.0.2.255", "192.0.2.127"},
    {"192.0.2.1", "192.0.2.1", "192.0.2.2"},
    {"192.0.2.1/32", "::ffff:192.0.2.1", "::192.0.2.1"},
    {"0.0.0.0/0", "255.1.2.3", "2001:db8::1"},
    {"::/0", "192.0.2.1", NULL},
    {"::1", "::1", "::2"},
    {"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"},
    {"10.0.0.1/8", NULL, NULL},
    {"10.0.0.0/33", NULL, NULL},
    {"10.0.0.0/", NULL, NULL},
    {"10.0.0.0/+8", NULL, NULL},
    {"10.0.0.0/8x", NULL, NULL},
    {"10.0.0/8", NULL, NULL},
    {"10.0.0.0:80", NULL, NULL},
    {"[::1]", NULL, NULL},
    {"::1/129", NULL, NULL},
    {"localhost", NULL, NULL},
    {"", NULL, NULL},
    {"/8", NULL, NULL},
    {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", NULL, NULL},
};

START_TEST(ranges_of_addresses)
{
    const struct range_row *row = &range_rows[_i];
    struct ip_address address;
    struct ip_range range;

    ck_assert_int_eq(ip_range_parse(row->range, &range), row->inside != NULL);
    if (row->inside != NULL) {
        ck_assert(ip_address_parse(row->inside, &address));
        ck_assert(ip_range_has(&range, &address));
    }
    if (row->outside != NULL) {
        ck_assert(ip_address_parse(row->outside, &address));
        ck_assert(!ip_range_has(&range, &address));
    }
}
END_TEST

START_TEST(loopback_addresses)
{
    static const char *const loopback[] = {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"};
    static const char *const others[] = {"128.0.0.1", "::", "::2", "10.0.0.1", "::127.0.0.1"};
    struct ip_address address;

    for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
        ck_assert(ip_address_parse(loopback[i], &address) && ip_address_is_loopback(&address));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert(ip_address_parse(others[i], &address) && !ip_address_is_loopback(&address));
}
END_TEST

START_TEST(localhost_is_one_address)
{
    static const char *const local[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1"};
    static const char *const others[] = {"127.0.0.2", "127.1.0.1", "::2", "::127.0.0.1",
                                         "10.0.0.1"};
    struct ip_address address;

    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
        ck_assert(ip_address_parse(local[i], &address) && ip_address_is_localhost(&address));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert(ip_address_parse(others[i], &address) && !ip_address_is_localhost(&address));
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static Suite *http_origin_suite(void)
{
    Suite *suite = suite_create("http_origin");
    TCase *tcase = tcase_create("origins");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, clients_behind_proxies, 0, COUNT(client_rows));
    tcase_add_loop_test(tcase, origins_of_pages, 0, COUNT(origin_rows));
    tcase_add_test(tcase, origins_that_are_listed);
    tcase_add_loop_test(tcase, ranges_of_addresses, 0, COUNT(range_rows));
    tcase_add_test(tcase, loopback_addresses);
    tcase_add_test(tcase, localhost_is_one_address);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(http_origin_suite)
