/* SPDX-License-Identifier: MIT */
/* Everything is done on the 16 bytes of an IPv6 address. */
#include "supervisor/ip_range.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define IPV4_BITS_BEFORE 96

static const unsigned char ipv4_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_ipv4(const struct ip_address *address)
{
    return memcmp(address->bytes, ipv4_prefix, sizeof(ipv4_prefix)) == 0;
}

bool ip_address_parse(const char *text, struct ip_address *address)
{
    memcpy(address->bytes, ipv4_prefix, sizeof(ipv4_prefix));
    return inet_pton(AF_INET, text, address->bytes + sizeof(ipv4_prefix)) == 1 ||
           inet_pton(AF_INET6, text, address->bytes) == 1;
}

void ip_address_format(const struct ip_address *address, char text[IP_TEXT_SIZE])
{
    if (is_ipv4(address))
        inet_ntop(AF_INET, address->bytes + sizeof(ipv4_prefix), text, IP_TEXT_SIZE);
    else
        inet_ntop(AF_INET6, address->bytes, text, IP_TEXT_SIZE);
}

bool ip_address_is_loopback(const struct ip_address *address)
{
    static const struct ip_address loopback = {.bytes = {[15] = 1}};

    return memcmp(address, &loopback, sizeof(loopback)) == 0 ||
           (is_ipv4(address) && address->bytes[sizeof(ipv4_prefix)] == 127);
}

bool ip_address_is_localhost(const struct ip_address *address)
{
    static const struct ip_address v6 = {.bytes = {[15] = 1}};
    static const struct ip_address v4 = {.bytes = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};

    return memcmp(address, &v6, sizeof(v6)) == 0 || memcmp(address, &v4, sizeof(v4)) == 0;
}

static bool parse_bits(const char *text, unsigned most, unsigned *bits)
{
    char *end;

    if (text[0] < '0' || text[0] > '9' || strlen(text) > 3)
        return false;
    *bits = (unsigned)strtoul(text, &end, 10);
    return *end == '\0' && *bits <= most;
}

static bool bit(const struct ip_address *address, unsigned n)
{
    return address->bytes[n / 8] >> (7 - n % 8) & 1;
}

bool ip_range_parse(const char *text, struct ip_range *range)
{
    const char *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    char address[IP_TEXT_SIZE];
    bool has_dots_only = memchr(text, ':', length) == NULL;
    unsigned bits = has_dots_only ? 32 : 128;

    if (length >= sizeof(address))
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    if (!ip_address_parse(address, &range->base) ||
        (slash != NULL && !parse_bits(slash + 1, bits, &bits)))
        return false;
    range->bits = has_dots_only ? IPV4_BITS_BEFORE + bits : bits;
    for (unsigned n = range->bits; n < 128; n++)
        if (bit(&range->base, n))
            return false;
    return true;
}

bool ip_range_has(const struct ip_range *range, const struct ip_address *address)
{
    for (unsigned n = 0; n < range->bits; n++)
        if (bit(&range->base, n) != bit(address, n))
            return false;
    return true;
}

bool ip_ranges_have(const struct ip_range *ranges, size_t count, const struct ip_address *address)
{
    for (size_t i = 0; i < count; i++)
        if (ip_range_has(&ranges[i], address))
            return true;
    return false;
}
