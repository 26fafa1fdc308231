/* SPDX-License-Identifier: MIT */
/* IP addresses and ranges of them ("10.0.0.0/8", "::1"). IPv4 and IPv4-mapped
 * IPv6 addresses are the same. Pure. */
#ifndef SUPERVISOR_IP_RANGE_H
#define SUPERVISOR_IP_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#define IP_TEXT_SIZE 46

struct ip_address {
    unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
};

struct ip_range {
    struct ip_address base;
    unsigned bits; /* of the 128 that must agree */
};

/* False if the text is not exactly one address; one in brackets, or with a
 * port, is not. */
bool ip_address_parse(const char *text, struct ip_address *address);
/* As people write it: IPv4 with dots. */
void ip_address_format(const struct ip_address *address, char text[IP_TEXT_SIZE]);
bool ip_address_is_loopback(const struct ip_address *address);
/* The one that programs of this machine come from if they have not chosen another: 127.0.0.1, ::1.
 */
bool ip_address_is_localhost(const struct ip_address *address);

/* An address, or an address and the number of bits that count. Bits behind them
 * must be zero. */
bool ip_range_parse(const char *text, struct ip_range *range);
bool ip_range_has(const struct ip_range *range, const struct ip_address *address);
bool ip_ranges_have(const struct ip_range *ranges, size_t count, const struct ip_address *address);

#endif
