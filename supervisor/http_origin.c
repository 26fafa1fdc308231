/* SPDX-License-Identifier: MIT */
/* What cannot be understood counts as absent for addresses, and as foreign for origins. */
#include "supervisor/http_origin.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Takes the last element off a comma-separated list of *length bytes; false if there is none. */
static bool take_last(const char *list, size_t *length, char *element, size_t size)
{
    size_t start = *length, end = *length;

    if (*length == 0)
        return false;
    while (start > 0 && list[start - 1] != ',')
        start--;
    *length = start > 0 ? start - 1 : 0;
    while (end > start && is_space(list[end - 1]))
        end--;
    while (start < end && is_space(list[start]))
        start++;
    if (end - start >= size)
        return false;
    memcpy(element, list + start, end - start);
    element[end - start] = '\0';
    return true;
}

static bool is_trusted(const struct config_http *config, const struct ip_address *address)
{
    return ip_ranges_have(config->trusted_proxies, config->trusted_proxy_count, address);
}

/* From the right, as each proxy has appended the address it was asked from. */
static struct ip_address find_address(const struct config_http *config, struct ip_address address,
                                      const char *for_list)
{
    size_t length = for_list != NULL ? strlen(for_list) : 0;
    char element[IP_TEXT_SIZE];
    struct ip_address next;

    while (is_trusted(config, &address) && take_last(for_list, &length, element, sizeof(element)) &&
           ip_address_parse(element, &next))
        address = next;
    return address;
}

static bool is_host(const char *host)
{
    return host[0] != '\0' && host[strspn(host, "abcdefghijklmnopqrstuvwxyz"
                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                "0123456789.-_:[]")] == '\0';
}

void http_client_find(struct http_client *client, const struct config_http *config,
                      const struct ip_address *direct, const char *host,
                      const struct http_forwarded *forwarded)
{
    size_t proto_length = forwarded->proto != NULL ? strlen(forwarded->proto) : 0;
    size_t host_length = forwarded->host != NULL ? strlen(forwarded->host) : 0;
    char element[HTTP_HOST_SIZE];

    *client = (struct http_client){.address = *direct};
    snprintf(client->host, sizeof(client->host), "%s", host);
    if (!is_trusted(config, direct))
        return;
    client->address = find_address(config, *direct, forwarded->for_list);
    if (take_last(forwarded->proto, &proto_length, element, sizeof(element)))
        client->is_https = strcasecmp(element, "https") == 0;
    if (take_last(forwarded->host, &host_length, element, sizeof(element)) && is_host(element))
        memcpy(client->host, element, sizeof(element));
}

/* The length without a port that the scheme implies. */
static size_t significant_length(const char *host, bool is_https)
{
    const char *port = is_https ? ":443" : ":80";
    size_t length = strlen(host), port_length = strlen(port);

    if (length > port_length && strcmp(host + length - port_length, port) == 0)
        return length - port_length;
    return length;
}

/* A page that came over plain HTTP is foreign to a service that is reached over HTTPS. The other
 * way round it is not: a proxy that is not trusted may have taken the encryption off. */
static bool is_own_page(const struct http_client *client, const char *origin)
{
    bool is_https = strncmp(origin, "https://", 8) == 0;
    const char *host = is_https ? origin + 8 : origin + 7;
    size_t length;

    if (!is_https && (client->is_https || strncmp(origin, "http://", 7) != 0))
        return false;
    length = significant_length(host, is_https);
    return length > 0 && length == significant_length(client->host, is_https) &&
           strncasecmp(host, client->host, length) == 0;
}

bool http_origin_is_same(const struct http_client *client, const char *origin,
                         const char *fetch_site)
{
    if (origin != NULL)
        return is_own_page(client, origin);
    return fetch_site != NULL &&
           (strcmp(fetch_site, "same-origin") == 0 || strcmp(fetch_site, "none") == 0);
}

bool http_origin_is_listed(const struct config_http *config, const char *origin)
{
    for (size_t i = 0; i < config->cors_origin_count; i++)
        if (strcmp(config->cors_origins[i], origin) == 0)
            return true;
    return false;
}
