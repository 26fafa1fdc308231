/* SPDX-License-Identifier: MIT */
/* One pass over the bytes, a line at a time. */
#include "supervisor/http_head.h"

#include <string.h>
#include <strings.h>

#define HOST_MAX 261 /* a name of 255 bytes, a colon, a port */
#define CONTENT_LENGTH_DIGITS 10
#define REQUEST_LINE_MAX (HTTP_TARGET_MAX + 32)

/* A piece of a line. */
struct text {
    const char *at;
    size_t length;
};

/* Headers that may come only once: a second one could mean another request to
 * somebody else. */
enum single {
    HOST,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    AUTHORIZATION,
    COOKIE,
    EXPECT,
    ORIGIN,
    RANGE,
    SEC_FETCH_SITE,
    LAST_EVENT_ID,
    SINGLE_COUNT
};
static const char *const singles[SINGLE_COUNT] = {
    [HOST] = "Host",
    [CONTENT_LENGTH] = "Content-Length",
    [CONTENT_TYPE] = "Content-Type",
    [AUTHORIZATION] = "Authorization",
    [COOKIE] = "Cookie",
    [EXPECT] = "Expect",
    [ORIGIN] = "Origin",
    [RANGE] = "Range",
    [SEC_FETCH_SITE] = "Sec-Fetch-Site",
    [LAST_EVENT_ID] = "Last-Event-ID",
};

static const char *const methods[] = {"GET",   "HEAD",    "POST",  "PUT",
                                      "PATCH", "OPTIONS", "TRACE", "DELETE"};

static bool fail(struct http_head *head, const char *code, const char *text)
{
    head->fault = (struct http_fault){code, text};
    return false;
}

static bool malformed(struct http_head *head, const char *text)
{
    return fail(head, "E4003", text);
}

static bool is_word(struct text text, const char *word)
{
    return strlen(word) == text.length && strncasecmp(text.at, word, text.length) == 0;
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110, section 5.6.2 */
static bool is_token(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_alphanumeric(text.at[i]) &&
            (text.at[i] == '\0' || strchr("!#$%&'*+-.^_`|~", text.at[i]) == NULL))
            return false;
    return text.length > 0;
}

static bool is_number(struct text text, size_t digits_max)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.length > 0 && text.length <= digits_max;
}

/* ---- the request line ---- */

static bool read_method(struct http_head *head, struct text method)
{
    if (!is_token(method))
        return malformed(head, "the request does not begin with a method");
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (method.length == strlen(methods[i]) &&
            memcmp(method.at, methods[i], method.length) == 0) {
            memcpy(head->method, methods[i], method.length + 1);
            return true;
        }
    return fail(head, "E5011", "this method is not known here");
}

/* Origin form only (RFC 9112, section 3.2.1). Two slashes could be taken for a
 * host. */
static bool read_target(struct http_head *head, struct text target, const char *bytes)
{
    const char *query;

    if (target.length > HTTP_TARGET_MAX)
        return fail(head, "E4141", "the address is longer than 8192 bytes");
    if (target.length == 0 || target.at[0] != '/' || (target.length > 1 && target.at[1] == '/'))
        return malformed(head, "the address must be a path that begins with one slash");
    for (size_t i = 0; i < target.length; i++)
        if (target.at[i] < 0x21 || target.at[i] > 0x7e || target.at[i] == '#')
            return malformed(head, "the address has a character that must be percent-encoded");
    query = memchr(target.at, '?', target.length);
    if (query != NULL && memmem(query, (size_t)(target.at + target.length - query), "%00", 3))
        return malformed(head, "the query holds an encoded NUL");
    head->path_at = (size_t)(target.at - bytes);
    head->path_length = query != NULL ? (size_t)(query - target.at) : target.length;
    return true;
}

static bool read_version(struct http_head *head, struct text version)
{
    if (version.length != 8 || memcmp(version.at, "HTTP/", 5) != 0 || version.at[6] != '.')
        return malformed(head, "the request line does not end with the version of HTTP");
    if (version.at[5] != '1' || (version.at[7] != '0' && version.at[7] != '1'))
        return fail(head, "E5051", "only HTTP/1.0 and HTTP/1.1 are spoken here");
    head->is_old = version.at[7] == '0';
    return true;
}

static bool read_request_line(struct http_head *head, struct text line, const char *bytes)
{
    const char *end = line.at + line.length;
    const char *first = memchr(line.at, ' ', line.length);
    const char *second = first != NULL ? memchr(first + 1, ' ', (size_t)(end - first - 1)) : NULL;

    if (second == NULL)
        return malformed(head, "the request line must be a method, an address and a version");
    if (!read_method(head, (struct text){line.at, (size_t)(first - line.at)}))
        return false;
    return read_target(head, (struct text){first + 1, (size_t)(second - first - 1)}, bytes) &&
           read_version(head, (struct text){second + 1, (size_t)(end - second - 1)});
}

/* ---- headers ---- */

/* A name or an address and perhaps a port; an IPv6 address stands in brackets.
 */
static bool is_host(struct text host)
{
    const char *end = host.at + host.length, *c = host.at, *name = c;

    if (host.length > HOST_MAX)
        return false;
    if (c < end && *c == '[') {
        for (name = ++c; c < end && (is_alphanumeric(*c) || *c == ':' || *c == '.'); c++)
            continue;
        if (c == name || c == end || *c++ != ']')
            return false;
    } else {
        while (c < end && (is_alphanumeric(*c) || *c == '-' || *c == '.' || *c == '_'))
            c++;
        if (c == name)
            return false;
    }
    return c == end || (*c == ':' && is_number((struct text){c + 1, (size_t)(end - c - 1)}, 5));
}

static bool read_content_length(struct http_head *head, struct text value)
{
    if (!is_number(value, CONTENT_LENGTH_DIGITS))
        return malformed(head, "Content-Length must be a number of 1 to 10 digits");
    for (size_t i = 0; i < value.length; i++)
        head->content_length = head->content_length * 10 + (uint64_t)(value.at[i] - '0');
    return true;
}

static bool lists_close(struct text value)
{
    const char *c = value.at, *end = value.at + value.length;

    while (c < end) {
        const char *comma = memchr(c, ',', (size_t)(end - c));
        struct text word = {c, (size_t)((comma != NULL ? comma : end) - c)};
        while (word.length > 0 && (word.at[0] == ' ' || word.at[0] == '\t'))
            word.at++, word.length--;
        while (word.length > 0 &&
               (word.at[word.length - 1] == ' ' || word.at[word.length - 1] == '\t'))
            word.length--;
        if (is_word(word, "close"))
            return true;
        c = comma != NULL ? comma + 1 : end;
    }
    return false;
}

static bool read_single(struct http_head *head, enum single which, struct text value)
{
    if (head->seen & (1U << which))
        return malformed(head, "a header that may be sent only once was sent twice");
    head->seen |= 1U << which;
    switch (which) {
    case HOST:
        return is_host(value) || malformed(head, "the header Host is not a host and a port");
    case CONTENT_LENGTH:
        return read_content_length(head, value);
    case EXPECT:
        head->expects_continue = true;
        return is_word(value, "100-continue") ||
               fail(head, "E4171", "nothing but 100-continue can be expected");
    default:
        return true;
    }
}

/* Spaces are taken off in front, white space behind: what libevent will see. */
static struct text trimmed(struct text value)
{
    while (value.length > 0 && value.at[0] == ' ')
        value.at++, value.length--;
    while (value.length > 0 &&
           (value.at[value.length - 1] == ' ' || value.at[value.length - 1] == '\t'))
        value.length--;
    return value;
}

static bool read_header(struct http_head *head, struct text line)
{
    const char *colon = memchr(line.at, ':', line.length);
    struct text name = {line.at, colon != NULL ? (size_t)(colon - line.at) : 0}, value;

    if (++head->header_count > HTTP_HEADER_COUNT_MAX)
        return fail(head, "E4311", "the request has more than 100 headers");
    if (line.at[0] == ' ' || line.at[0] == '\t')
        return malformed(head, "a header must not be continued on the next line");
    if (!is_token(name))
        return malformed(head, "a header must be a name, directly followed by a colon");
    value = trimmed((struct text){colon + 1, line.length - name.length - 1});
    if (is_word(name, "Transfer-Encoding"))
        return malformed(head, "Transfer-Encoding is not taken: send the body with Content-Length");
    if (is_word(name, "Connection"))
        head->wants_close = head->wants_close || lists_close(value);
    for (enum single which = 0; which < SINGLE_COUNT; which++)
        if (is_word(name, singles[which]))
            return read_single(head, which, value);
    return true;
}

/* ---- the whole ---- */

static bool is_consistent(struct http_head *head)
{
    bool has_no_body = strcmp(head->method, "HEAD") == 0 || strcmp(head->method, "TRACE") == 0;

    if (!(head->seen & (1U << HOST)))
        return malformed(head, "the header Host is missing");
    if (has_no_body && head->content_length > 0)
        return malformed(head, "a request of this method has no body");
    if (head->is_old)
        head->expects_continue = false;
    return true;
}

/* The line that ends before `end`, the place of its CR. */
static bool read_line(struct http_head *head, const char *bytes, size_t end)
{
    struct text line = {bytes + head->line_at, end - head->line_at};

    if (head->line_at == 0)
        return read_request_line(head, line, bytes);
    if (line.length > 0)
        return read_header(head, line);
    head->size = end + 2;
    return is_consistent(head);
}

/* Takes one byte; false at a fault. A line feed that is taken ends a line. */
static bool take_byte(struct http_head *head, unsigned char byte)
{
    if (head->after_cr != (byte == '\n'))
        return malformed(head, "each line must end with CR and LF, and nothing else may hold them");
    if ((byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || byte == 0x7f)
        return malformed(head, "the request holds a control character");
    head->after_cr = byte == '\r';
    head->scanned++;
    return true;
}

static bool is_within_limits(struct http_head *head)
{
    if (head->line_at == 0 && head->scanned > REQUEST_LINE_MAX)
        return fail(head, "E4141", "the address is longer than 8192 bytes");
    if (head->scanned > HTTP_HEAD_MAX)
        return fail(head, "E4311", "the headers are larger than 16384 bytes");
    return true;
}

enum http_head_state http_head_read(struct http_head *head, const char *bytes, size_t size)
{
    while (head->size == 0 && head->fault.code == NULL && head->scanned < size) {
        unsigned char byte = (unsigned char)bytes[head->scanned];
        if (!take_byte(head, byte) || !is_within_limits(head))
            break;
        if (byte == '\n' && read_line(head, bytes, head->scanned - 2))
            head->line_at = head->scanned;
    }
    if (head->fault.code != NULL)
        return HTTP_HEAD_FAULTY;
    return head->size > 0 ? HTTP_HEAD_COMPLETE : HTTP_HEAD_INCOMPLETE;
}
