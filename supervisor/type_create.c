/* SPDX-License-Identifier: MIT */
/* Reads and checks the section `create`. Sections are checked after they are parsed: what is wrong
 * with one leaves the other types of the file alone. */
#include "supervisor/type_create.h"
#include "common/xalloc.h"
#include "supervisor/config_text.h"

#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES 200
#define PERMISSION_MAX 128
#define NAME_MAX_BYTES 64
#define LENGTH_DEFAULT 1000
#define LENGTH_MAX 100000
#define ITEMS_DEFAULT 100
#define ITEMS_MAX 10000
#define RETRIES_MAX 1000
#define UNSET (-1e300) /* no number that anybody would give as a limit */

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static cfg_opt_t field_options[] = {
    CFG_STR("type", NULL, CFGF_NODEFAULT),
    CFG_BOOL("required", cfg_false, CFGF_NONE),
    CFG_INT("max_length", LENGTH_DEFAULT, CFGF_NONE),
    CFG_INT("max_items", ITEMS_DEFAULT, CFGF_NONE),
    CFG_FLOAT("min", UNSET, CFGF_NONE),
    CFG_FLOAT("max", UNSET, CFGF_NONE),
    CFG_STR_LIST("one_of", NULL, CFGF_NODEFAULT),
    CFG_INT("source_line", 0, CFGF_NONE), /* written by note_line_cb */
    CFG_END()};

cfg_opt_t type_create_options[] = {
    CFG_STR("method", TYPE_CREATE_METHOD, CFGF_NONE),
    CFG_STR("path", NULL, CFGF_NODEFAULT),
    CFG_STR("permission", NULL, CFGF_NODEFAULT),
    CFG_INT("max_retries", -1, CFGF_NONE),
    CFG_SEC("field", field_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
    CFG_INT("source_line", 0, CFGF_NONE), /* written by note_line_cb */
    CFG_END()};

static int note_line_cb(cfg_t *cfg, cfg_opt_t *option)
{
    (void)option;
    cfg_setint(cfg, "source_line", cfg->line);
    return 0;
}

/* A section must have these. */
void type_create_watch(cfg_t *cfg, const char *prefix)
{
    static const char *const names[] = {"path", "field|type"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *name = xasprintf("%s|%s", prefix, names[i]);
        cfg_set_validate_func(cfg, name, note_line_cb);
        free(name);
    }
}

/* ---- fields ---- */

static bool name_is_good(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= NAME_MAX_BYTES && strspn(name, LOWER UPPER DIGITS "_") == length;
}

static bool is_numeric(enum create_kind kind)
{
    return kind == CREATE_INT || kind == CREATE_NUMBER;
}

static bool has_strings(enum create_kind kind)
{
    return kind == CREATE_STRING || kind == CREATE_STRING_LIST;
}

static const char *list_fault(cfg_t *section, enum create_kind kind)
{
    unsigned count = cfg_size(section, "one_of");

    if (count > 0 && !has_strings(kind))
        return "one_of goes with string and string_list";
    for (unsigned i = 0; i < count; i++)
        if (cfg_getnstr(section, "one_of", i)[0] == '\0')
            return "one_of cannot hold \"\": an empty string counts as not given";
    return NULL;
}

static bool is_between(long value, long least, long most)
{
    return value >= least && value <= most;
}

static const char *field_fault(cfg_t *section)
{
    const char *type = cfg_getstr(section, "type");
    double least = cfg_getfloat(section, "min"), most = cfg_getfloat(section, "max");
    enum create_kind kind;

    if (!name_is_good(cfg_title(section)))
        return "a field's name has 1 to 64 letters, digits or '_'";
    if (type == NULL || !create_kind_parse(type, &kind))
        return "type must be string, int, number, bool, string_list, object or any";
    if (!is_numeric(kind) && (least > UNSET || most > UNSET))
        return "min and max go with int and number";
    if (least > UNSET && most > UNSET && least > most)
        return "min is larger than max";
    if (kind == CREATE_INT &&
        ((least > UNSET && least < -CREATE_INT_MOST) || most > CREATE_INT_MOST))
        return "min and max of an int must lie between -9007199254740991 and 9007199254740991";
    if (!is_between(cfg_getint(section, "max_length"), 1, LENGTH_MAX))
        return "max_length must be from 1 to 100000";
    if (!is_between(cfg_getint(section, "max_items"), 1, ITEMS_MAX))
        return "max_items must be from 1 to 10000";
    return list_fault(section, kind);
}

static void read_field(cfg_t *section, struct create_field *field)
{
    double least = cfg_getfloat(section, "min"), most = cfg_getfloat(section, "max");
    double widest;

    create_kind_parse(cfg_getstr(section, "type"), &field->kind);
    widest = field->kind == CREATE_INT ? CREATE_INT_MOST : -UNSET;
    field->name = xstrdup(cfg_title(section));
    field->required = cfg_getbool(section, "required") == cfg_true;
    field->max_length = (unsigned)cfg_getint(section, "max_length");
    field->max_items = (unsigned)cfg_getint(section, "max_items");
    field->least = least > UNSET ? least : -widest;
    field->most = most > UNSET ? most : widest;
    field->one_of = config_text_list(section, "one_of");
}

/* ---- the section ---- */

static bool path_is_good(const char *path)
{
    size_t length = strlen(path);

    if (length > PATH_MAX_BYTES || strncmp(path, "/api/", 5) != 0 || path[length - 1] == '/' ||
        strspn(path, LOWER UPPER DIGITS "_.-/") != length)
        return false;
    return strstr(path, "//") == NULL && strstr(path, "/.") == NULL;
}

static bool permission_is_good(const char *permission)
{
    size_t length = strlen(permission);

    return length <= PERMISSION_MAX && strspn(permission, LOWER DIGITS "_-:") == length &&
           strchr(permission, ':') != NULL && permission[0] != ':' &&
           permission[length - 1] != ':' && strstr(permission, "::") == NULL;
}

static const char *create_fault(cfg_t *section)
{
    const char *path = cfg_getstr(section, "path");
    const char *permission = cfg_getstr(section, "permission");

    if (path == NULL || !path_is_good(path))
        return "path must be an address of letters, digits, '_', '.', '-' and '/' that begins with "
               "/api/";
    if (strcmp(cfg_getstr(section, "method"), TYPE_CREATE_METHOD) != 0)
        return "method must be " TYPE_CREATE_METHOD;
    if (permission == NULL || !permission_is_good(permission))
        return "permission must name what a caller needs, like \"report:create\"";
    if (!is_between(cfg_getint(section, "max_retries"), -1, RETRIES_MAX))
        return "max_retries must be from 0 to 1000";
    return NULL;
}

static char *find_fault(cfg_t *section, long *line)
{
    const char *fault = create_fault(section);

    *line = cfg_getint(section, "source_line");
    if (fault != NULL)
        return xasprintf("create: %s", fault);
    for (unsigned i = 0; i < cfg_size(section, "field"); i++) {
        cfg_t *field = cfg_getnsec(section, "field", i);
        fault = field_fault(field);
        if (fault != NULL) {
            long at = cfg_getint(field, "source_line");
            *line = at > 0 ? at : *line;
            return xasprintf("create: field \"%s\": %s", cfg_title(field), fault);
        }
    }
    return NULL;
}

struct type_create *type_create_read(cfg_t *type, char **fault, long *line)
{
    unsigned count = cfg_size(type, "create");
    struct type_create *create;
    cfg_t *section;

    *fault = NULL;
    *line = 0;
    if (count == 0)
        return NULL;
    section = cfg_getnsec(type, "create", count - 1);
    *fault = count > 1 ? xstrdup("a type has one section `create`") : find_fault(section, line);
    *line = *line > 0 ? *line : (long)section->line;
    if (*fault != NULL)
        return NULL;
    create = xcalloc(1, sizeof(*create));
    create->path = xstrdup(cfg_getstr(section, "path"));
    create->permission = xstrdup(cfg_getstr(section, "permission"));
    create->max_retries = (int)cfg_getint(section, "max_retries");
    create->rules.count = cfg_size(section, "field");
    create->rules.fields = xcalloc(create->rules.count + 1, sizeof(*create->rules.fields));
    for (unsigned i = 0; i < create->rules.count; i++)
        read_field(cfg_getnsec(section, "field", i), &create->rules.fields[i]);
    return create;
}

void type_create_free(struct type_create *create)
{
    if (create == NULL)
        return;
    create_rules_clear(&create->rules);
    free(create->path);
    free(create->permission);
    free(create);
}
