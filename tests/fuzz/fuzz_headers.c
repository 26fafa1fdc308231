/* SPDX-License-Identifier: MIT */
/* Values of headers that a client chooses, each on a line: Range, If-None-Match, If-Modified-Since,
 * If-Range, X-Forwarded-For, X-Forwarded-Host, Host, Origin, a time. */
#include "common/rfc3339.h"
#include "supervisor/http_origin.h"
#include "supervisor/http_range.h"
#include "supervisor/ip_range.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define FILE_SIZE 1000

static void ranges(const char *range, const char *none_match, const char *since,
                   const char *if_range)
{
    struct http_version version = {.etag = "\"a\"", .changed_s = 784111777};
    struct http_range part = {0, 0};

    if (http_range_parse(range, FILE_SIZE, &part) == HTTP_RANGE_PART)
        FUZZ_CHECK(part.length > 0 && part.first < FILE_SIZE &&
                   part.length <= FILE_SIZE - part.first);
    http_version_is_known(&version, none_match, since);
    http_version_may_be_continued(&version, if_range);
}

static void addresses(const char *forwarded_for, const char *forwarded_host, const char *host,
                      const char *origin)
{
    struct ip_range everybody = {.bits = 0};
    struct config_http config = {.trusted_proxies = &everybody, .trusted_proxy_count = 1};
    struct http_forwarded forwarded = {
        .for_list = forwarded_for, .proto = "https", .host = forwarded_host};
    struct ip_address direct = {{0}}, again;
    struct http_client client;
    char text[IP_TEXT_SIZE];

    http_client_find(&client, &config, &direct, host, &forwarded);
    FUZZ_CHECK(memchr(client.host, '\0', sizeof(client.host)) != NULL);
    ip_address_format(&client.address, text);
    FUZZ_CHECK(ip_address_parse(text, &again));
    FUZZ_CHECK(memcmp(&again, &client.address, sizeof(again)) == 0);
    http_origin_is_same(&client, origin, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *lines[9];
    int64_t us = 0;

    for (size_t i = 0; i < 9; i++)
        lines[i] = fuzz_line(&data, &size);
    ranges(lines[0], lines[1], lines[2], lines[3]);
    addresses(lines[4], lines[5], lines[6], lines[7]);
    if (rfc3339_parse(lines[8], &us))
        FUZZ_CHECK(us >= 0 && us < 253402300800000000);
    for (size_t i = 0; i < 9; i++)
        free(lines[i]);
    return 0;
}
