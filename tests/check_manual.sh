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

# What is logged as a warning or an error, or ends a program: the formats, each conversion as …. Those that have no words of
# their own are left out.
messages() {
  for source in supervisor/*.c worker/*.c; do
    awk '
      function literals(rest,   text) {
        for (;;) {
          sub(/^[ \t\n]+/, "", rest)
          if (match(rest, /^"([^"\\]|\\.)*"/)) {
            text = text substr(rest, 2, RLENGTH - 2)
          } else if (!match(rest, /^PRI[a-zA-Z0-9]+/)) {
            return text
          } else {
            text = text "d"
          }
          rest = substr(rest, RLENGTH + 1)
        }
      }
      { all = all $0 "\n" }
      END {
        while (match(all, /(log_error|log_warn|fatal)\(|run_journal\(run, LOG_LEVEL_(WARN|ERROR),/)) {
          all = substr(all, RSTART + RLENGTH)
          print literals(all)
        }
      }' "$source"
  done | sed 's/\\"/"/g; s/%[0-9.]*[a-z]*[sdu]/…/g' | grep '[a-z]' | sort -u
}

# missing_messages: those that operating.md does not have.
missing_messages() {
  messages | while read -r message; do
    grep -qF -e "$message" docs/operating.md || printf '%s\n' "$message"
  done
}

echo "1..9"
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
  check "operating.md has every warning and error" "$(missing_messages)"
  check "the package has every page that operating.md names" \
    "$([ ! -f debian/taskyard.docs ] || lacks "$(cat debian/taskyard.docs)" $(grep -oE '\([a-z]+\.md' docs/operating.md | tr -d '('))"
  check "the list of symbols has every function" \
    "$([ ! -f debian/libtaskyard0.symbols ] || lacks "$(cat debian/libtaskyard0.symbols)" $(functions))"
}
