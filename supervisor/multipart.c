/* SPDX-License-Identifier: MIT */
/* One pass over the body: delimiter, headers, data, delimiter. */
#include "supervisor/multipart.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BOUNDARY_MAX 70 /* RFC 2046, section 5.1.1 */
#define HEADERS_MAX 4096
#define DELIMITER_SIZE (BOUNDARY_MAX + 8)

struct reader {
    const char *next, *end;
    char delimiter[DELIMITER_SIZE]; /* CR LF - - boundary */
    size_t delimiter_length;
};

/* ---- parameters: name=value or name="value", separated by semicolons ---- */

/* The value of a quoted string, and where it ends. A backslash counts only before a quote, since
 * browsers send those of file names as they are. */
static const char *read_quoted(const char *text, char *value, size_t size)
{
    size_t length = 0;

    for (text++; *text != '"'; text++) {
        if (text[0] == '\\' && text[1] == '"')
            text++;
        if (*text == '\0' || length + 1 >= size)
            return NULL;
        value[length++] = *text;
    }
    value[length] = '\0';
    return text + 1;
}

static const char *read_token(const char *text, char *value, size_t size)
{
    size_t length = strcspn(text, "; \t\"");

    if (length + 1 > size)
        return NULL;
    memcpy(value, text, length);
    value[length] = '\0';
    return text + length;
}

/* What browsers write instead of the characters that end a name. */
static void decode(char *text)
{
    static const struct {
        char code[4];
        char character;
    } codes[] = {{"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}};
    char *to = text;

    for (; *text != '\0'; to++) {
        *to = *text++;
        for (size_t i = 0; *to == '%' && i < sizeof(codes) / sizeof(codes[0]); i++) {
            if (strncasecmp(text - 1, codes[i].code, 3) == 0) {
                *to = codes[i].character;
                text += 2;
            }
        }
    }
    *to = '\0';
}

/* Reads the parameter `name` of a header's value. False if the header is malformed; *found tells
 * whether the parameter is there. */
static bool read_parameter(const char *header, const char *name, char *value, size_t size,
                           bool *found)
{
    char ignored[MULTIPART_FILENAME_SIZE];
    const char *at = header + strcspn(header, ";");

    *found = false;
    while (*at == ';') {
        size_t length;
        bool wanted;
        at += 1 + strspn(at + 1, " \t");
        length = strcspn(at, "=; \t");
        if (at[length] != '=')
            return false;
        wanted = !*found && length == strlen(name) && strncasecmp(at, name, length) == 0;
        at += length + 1;
        at = *at == '"' ? read_quoted(at, wanted ? value : ignored, wanted ? size : sizeof(ignored))
                        : read_token(at, wanted ? value : ignored, wanted ? size : sizeof(ignored));
        if (at == NULL)
            return false;
        *found = *found || wanted;
        at += strspn(at, " \t");
    }
    return *at == '\0';
}

static bool boundary_is_good(const char *boundary)
{
    size_t length = strlen(boundary);

    return length > 0 && boundary[length - 1] != ' ' &&
           strspn(boundary, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                            "'()+_,-./:=? ") == length;
}

static bool begin(struct reader *reader, const char *content_type)
{
    static const char type[] = "multipart/form-data";
    char boundary[BOUNDARY_MAX + 1];
    bool found;

    if (content_type == NULL || strncasecmp(content_type, type, sizeof(type) - 1) != 0 ||
        !read_parameter(content_type, "boundary", boundary, sizeof(boundary), &found) || !found ||
        !boundary_is_good(boundary))
        return false;
    reader->delimiter_length =
        (size_t)snprintf(reader->delimiter, sizeof(reader->delimiter), "\r\n--%s", boundary);
    return true;
}

/* ---- parts ---- */

/* Copies one header line without its end and goes behind it; false if there is no such line. */
static bool read_line(struct reader *reader, char *line, size_t size)
{
    const char *end = memmem(reader->next, (size_t)(reader->end - reader->next), "\r\n", 2);
    size_t length = end != NULL ? (size_t)(end - reader->next) : size;

    if (length >= size || memchr(reader->next, '\0', length) != NULL)
        return false;
    memcpy(line, reader->next, length);
    line[length] = '\0';
    reader->next = end + 2;
    return true;
}

static bool read_disposition(const char *value, struct multipart_part *part)
{
    static const char kind[] = "form-data";
    bool found;

    value += strspn(value, " \t");
    if (strncasecmp(value, kind, sizeof(kind) - 1) != 0 ||
        !read_parameter(value, "name", part->name, sizeof(part->name), &found) || !found ||
        !read_parameter(value, "filename", part->filename, sizeof(part->filename), &part->is_file))
        return false;
    decode(part->name);
    decode(part->filename);
    return true;
}

static bool read_headers(struct reader *reader, struct multipart_part *part)
{
    static const char name[] = "Content-Disposition:";
    const char *start = reader->next;
    char line[HEADERS_MAX];
    bool named = false;

    while (read_line(reader, line, sizeof(line)) && reader->next - start <= HEADERS_MAX) {
        if (line[0] == '\0')
            return named;
        if (strncasecmp(line, name, sizeof(name) - 1) != 0)
            continue;
        if (named || !read_disposition(line + sizeof(name) - 1, part))
            return false;
        named = true;
    }
    return false;
}

/* Behind a delimiter: another part follows, or the form ends. */
enum after { AFTER_NEITHER, AFTER_PART, AFTER_END };

static enum after look_after(const char *text, const char *end, const char **next)
{
    if (end - text >= 2 && memcmp(text, "--", 2) == 0) {
        *next = text + 2;
        return AFTER_END;
    }
    while (text < end && (*text == ' ' || *text == '\t'))
        text++;
    *next = text + 2;
    return end - text >= 2 && memcmp(text, "\r\n", 2) == 0 ? AFTER_PART : AFTER_NEITHER;
}

/* The data end where a delimiter begins. */
static enum after read_data(struct reader *reader, struct multipart_part *part)
{
    const char *at = reader->next - 2; /* the line end of empty headers counts for empty data */

    part->data = reader->next;
    while ((at = memmem(at, (size_t)(reader->end - at), reader->delimiter,
                        reader->delimiter_length)) != NULL) {
        enum after after = look_after(at + reader->delimiter_length, reader->end, &reader->next);
        if (after != AFTER_NEITHER) {
            part->size = at < part->data ? 0 : (size_t)(at - part->data);
            return after;
        }
        at++;
    }
    return AFTER_NEITHER;
}

static bool at_first_part(struct reader *reader)
{
    size_t length = reader->delimiter_length - 2;

    return (size_t)(reader->end - reader->next) >= length &&
           memcmp(reader->next, reader->delimiter + 2, length) == 0 &&
           look_after(reader->next + length, reader->end, &reader->next) == AFTER_PART;
}

static bool is_at_end(const struct reader *reader)
{
    size_t left = (size_t)(reader->end - reader->next);

    return left == 0 || (left == 2 && memcmp(reader->next, "\r\n", 2) == 0);
}

const char *multipart_parse(const char *content_type, const char *body, size_t size,
                            struct multipart *form)
{
    struct reader reader = {.next = body, .end = body + size};
    enum after after = AFTER_PART;

    form->count = 0;
    if (!begin(&reader, content_type))
        return "has no content type like multipart/form-data; boundary=...";
    if (!at_first_part(&reader))
        return "does not begin with its boundary";
    while (after == AFTER_PART) {
        struct multipart_part *part = &form->parts[form->count];
        if (form->count == MULTIPART_PARTS_MAX)
            return "has more than 20 parts";
        *part = (struct multipart_part){.size = 0};
        if (!read_headers(&reader, part))
            return "has a part whose headers do not name it, or are too long";
        after = read_data(&reader, part);
        form->count++;
    }
    if (after != AFTER_END || !is_at_end(&reader))
        return "does not end with its boundary";
    return NULL;
}

const struct multipart_part *multipart_field(const struct multipart *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (!form->parts[i].is_file && strcmp(form->parts[i].name, name) == 0)
            return &form->parts[i];
    return NULL;
}
