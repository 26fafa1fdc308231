#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes a C file with the given schema steps (sql/NNN_name.sql, in order) to standard output. Fails when the numbers
# have a gap, or when the last statement of a step is not ended.
set -eu

[ $# -gt 0 ] || { echo "usage: embed.sh sql/001_name.sql ..." >&2; exit 2; }

exec awk '
function fail(why) {
    print "embed.sh: " why > "/dev/stderr"
    failed = 1
    exit 1
}
function begin_step(    name) {
    end_step()
    step++
    name = FILENAME
    sub(/.*\//, "", name)
    if (name !~ /^[0-9][0-9][0-9]_[a-z0-9_]+\.sql$/) fail(FILENAME ": the name must be NNN_name.sql")
    if (substr(name, 1, 3) + 0 != step) fail(FILENAME ": expected number " step)
    printf "    {%d, \"%s\",\n", step, substr(name, 5, length(name) - 8)
    ended = 0
}
function end_step() {
    if (step == 0) return
    if (!ended) fail("step " step ": the last statement lacks its semicolon")
    print "    },"
}
BEGIN {
    print "/* SPDX-License-Identifier: MIT */"
    print "/* Made from sql/[0-9]*.sql by sql/embed.sh; change those instead. */"
    print "#include \"sql/schema_steps.h\""
    print ""
    print "const struct schema_step schema_steps[] = {"
}
FNR == 1 { begin_step() }
/^[ \t]*--/ || /^[ \t]*$/ { next }
{
    if (index($0, "\\") || index($0, "\"")) fail("step " step ": no backslash or double quote, please")
    printf "     \"%s\\n\"\n", $0
    ended = /;$/
}
END {
    if (failed) exit 1
    end_step()
    if (failed) exit 1
    print "};"
    print ""
    print "const size_t schema_step_count = sizeof schema_steps / sizeof schema_steps[0];"
}' "$@"
