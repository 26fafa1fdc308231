/* SPDX-License-Identifier: MIT */
#include "supervisor/config_text.h"
#include "common/fd_util.h"
#include "common/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1 << 20)

static const char *reading; /* libConfuse hands its callbacks no pointer of ours */

/* Behind the closing quote, or at the end of the text. */
static char *skip_string(char *at)
{
    char quote = *at++;

    while (*at != '\0' && *at != quote)
        at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    return *at != '\0' ? at + 1 : at;
}

/* Leaves the ends of lines. */
static char *blank(char *at, const char *end)
{
    for (; at < end; at++)
        if (*at != '\n')
            *at = ' ';
    return at;
}

/* Two slashes inside a word, such as an address without quotes, begin no comment. */
static bool begins_word(const char *text, const char *at)
{
    return at == text || strchr(" \t\r\n={}(),;", at[-1]) != NULL;
}

static void blank_comments(char *text)
{
    char *at = text, *end;

    while (*at != '\0') {
        if (*at == '"' || *at == '\'') {
            at = skip_string(at);
        } else if (*at == '#' || (at[0] == '/' && at[1] == '/' && begins_word(text, at))) {
            at = blank(at, at + strcspn(at, "\n"));
        } else if (at[0] == '/' && at[1] == '*' && begins_word(text, at)) {
            end = strstr(at + 2, "*/");
            at = blank(at, end != NULL ? end + 2 : at + strlen(at));
        } else {
            at++;
        }
    }
}

int config_text_parse(cfg_t *cfg, const char *path)
{
    size_t size;
    char *text = fd_read_file(path, FILE_MAX, &size);
    FILE *stream;
    int outcome = CFG_SUCCESS;

    if (text == NULL)
        return CFG_FILE_ERROR;
    blank_comments(text);
    stream = size > 0 ? fmemopen(text, size, "r") : NULL;
    if (stream != NULL) {
        free(cfg->filename);
        cfg->filename = xstrdup(path); /* libConfuse frees it */
        reading = path;
        outcome = cfg_parse_fp(cfg, stream);
        reading = NULL;
        fclose(stream);
    }
    free(text);
    return outcome;
}

const char *config_text_path(void)
{
    return reading != NULL ? reading : "?";
}

char **config_text_list(cfg_t *section, const char *name)
{
    unsigned count = cfg_size(section, name);
    char **list = xcalloc(count + 1, sizeof(*list));

    for (unsigned i = 0; i < count; i++)
        list[i] = xstrdup(cfg_getnstr(section, name, i));
    return list;
}
