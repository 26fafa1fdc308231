#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual pages, the commented configuration and the completion tell everything that the programs know. Speaks TAP; run
# by `make check`, or by hand: top_srcdir=. sh tests/check_manual.sh
set -u
cd "${top_srcdir:-.}" || exit 99

number=0

# check NAME OFFENDERS: one TAP line; the offenders, if there are any, as comments below it.
check() {
  number=$((number + 1))
  if [ -z "$2" ]; then
    echo "ok $number - $1"
  else
    echo "not ok $number - $1"
    printf '%s\n' "$2" | sed 's/^/# missing: /'
  fi
}

# The names in libConfuse's tables of a file; source_line is for the program itself.
options() {
  cat "$@" | grep -oE 'CFG_(STR|INT|FLOAT|BOOL|SEC|STR_LIST|INT_LIST|FLOAT_LIST)\("[a-z_]+"' | sed 's/.*("//; s/"//' |
    grep -vx source_line | sort -u
}

# A page's text, names plain: in scdoc an underscore may carry a backslash.
page() {
  sed 's/\\_/_/g' "man/$1.scd"
}

# lacks TEXT WORD...: those of the words that stand nowhere in the text as words of their own.
lacks() {
  text=$1
  shift
  for word in "$@"; do
    printf '%s\n' "$text" | grep -qE -e "(^|[^a-z_-])$word([^a-z_-]|\$)" || echo "$word"
  done
}

# The command's name is the first word of a row of the table.
commands() {
  sed -n '/^static const struct command commands/,/^};/p' client/cli_main.c | grep -oE '\{"[a-z]+"' | tr -d '{"' | sort -u
}

# The long options of the subcommands' argp tables: not commands, not lists of strings.
cli_options() {
  cat client/cli*.c | grep -oE '\{"[a-z-]+", *[^}]*' | grep -vE '", *([0-9]|cli_|")' |
    sed 's/^{"\([a-z-]*\)".*/--\1/' | sort -u
}

functions() {
  grep -oE '\btaskyard_[a-z_]+\(' include/taskyard/client.h | tr -d '(' | sort -u
}

echo "1..7"
# shellcheck disable=SC2046  # lists of words
{
  check "taskyard.conf(5) has every setting" \
    "$(lacks "$(page taskyard.conf.5)" $(options supervisor/config*.[ch]))"
  check "the commented configuration has every setting" \
    "$(lacks "$(cat systemd/taskyard.conf.in)" $(options supervisor/config*.[ch]))"
  check "taskyard-types(5) has every setting" \
    "$(lacks "$(page taskyard-types.5)" $(options supervisor/type_*.[ch]))"
  check "taskyard(1) has every command and option" \
    "$(lacks "$(page taskyard.1)" $(commands) $(cli_options))"
  check "the completion has every command and option" \
    "$(lacks "$(cat client/taskyard.bash)" $(commands) $(cli_options))"
  check "libtaskyard(3) has every function" \
    "$(lacks "$(page libtaskyard.3)" $(functions))"
  check "the list of symbols has every function" \
    "$([ ! -f debian/libtaskyard0.symbols ] || lacks "$(cat debian/libtaskyard0.symbols)" $(functions))"
}
