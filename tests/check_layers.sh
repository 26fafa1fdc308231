#!/bin/sh
# SPDX-License-Identifier: MIT
# Holds the structure of the tree: who may include, create or reap what, and the sizes of files. Speaks TAP; run by
# `make check`, or by hand: top_srcdir=. sh tests/check_layers.sh
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
    printf '%s\n' "$2" | sed 's/^/# /'
  fi
}

# Our C sources and headers; what configure or a build leaves behind is not looked at.
sources() {
  find common supervisor worker client examples include tests -name '*.[ch]' | sort
}

# The file without comments and string literals, lines kept, so that words in prose do not count.
code_of() {
  sed -e "s|'\\\\*\"'||g" -e 's|"\([^"\\]\|\\.\)*"|""|g' -e 's|//.*||' "$1" | awk '
    {
      line = $0; out = ""
      while (line != "") {
        if (inside) {
          end = index(line, "*/")
          if (!end) break
          line = substr(line, end + 2); inside = 0
        } else {
          start = index(line, "/*")
          if (!start) { out = out line; break }
          out = out substr(line, 1, start - 1); line = substr(line, start + 2); inside = 1
        }
      }
      print out
    }'
}

# calls REGEX ALLOWED-FILE-REGEX: places in our C code where a function is called outside the files that may.
calls() {
  sources | grep -v '^tests/' | grep -Ev "$2" | while read -r file; do
    code_of "$file" | grep -nE "(^|[^[:alnum:]_.>])($1)[[:space:]]*\(" | sed "s|^|$file:|"
  done
}

# includes HEADER-REGEX ALLOWED-FILE-REGEX
includes() {
  sources | grep -Ev "$2" | while read -r file; do
    grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($1)" "$file" | sed "s|^|$file:|"
  done
}

# SQL text that changes a task's row and names only its id: every such change must say what it starts from. A statement
# that is put together from pieces is not seen here.
unguarded_updates() {
  sources | grep -E '^supervisor/' | while read -r file; do
    # Adjacent string literals are joined first: one statement a line. What counts stands after its WHERE.
    tr '\n' ' ' <"$file" | sed -e 's/"[[:space:]]*"//g' | grep -oE '"UPDATE task[[:space:]][^"]*"' |
      grep -iE '[[:space:]]WHERE[[:space:]]' | grep -viE 'WHERE.*(status|incarnation|deleted_at)' | sed "s|^|$file: |"
  done
}

echo "1..11"
check "mysql.h is included by the store alone" \
  "$(includes '(mysql|mariadb)[/.]' '^(supervisor/store|tests/|examples/)')"
check "event2/http.h is included by supervisor/http_* alone, and by what they are measured against" \
  "$(includes 'event2/http' '^(supervisor/http_|tests/bench/plain_http)')"
check "only supervisor/reaper.c waits for processes" \
  "$(sources | grep '^supervisor/' | grep -v '^supervisor/reaper\.c$' | while read -r file; do
    code_of "$file" | grep -nE '(^|[^[:alnum:]_])(waitpid|wait4|wait3|waitid)[[:space:]]*\(' | sed "s|^|$file:|"
  done)"
check "only supervisor/program.c and worker/ create processes" \
  "$(calls 'fork|vfork|clone|clone3|posix_spawnp?|system|popen|daemon' '^(supervisor/program\.c|worker/|examples/)')"
check "common/ knows neither HTTP, MySQL nor libevent" \
  "$(includes '(event2|mysql|mariadb|curl|supervisor)/' '^(supervisor|worker|client|examples|include|tests)/')"
check "worker/ and client/ include nothing of the supervisor" \
  "$(includes 'supervisor/' '^(supervisor|tests)/')"
check "no shell in any exec path" \
  "$(sources | grep -v '^tests/' | while read -r file; do
    grep -nE '"/bin/(ba|da)?sh"|"sh", *"-c"' "$file" | sed "s|^|$file:|"
  done)"
check "every UPDATE of a task names more than its id" "$(unguarded_updates)"
check "no file is longer than 500 lines" \
  "$(find common supervisor worker client examples include tests script sql \
    \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name '*.sql' -o -path 'script/*' \) -type f |
    while read -r file; do
      lines=$(wc -l <"$file")
      [ "$lines" -le 500 ] || echo "$file: $lines lines"
    done)"
check "every source names its licence in the first lines" \
  "$(find common supervisor worker client examples include tests script \
    \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name '*.am' \) -type f |
    while read -r file; do
      head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
    done)"
check "every test, script, page and step of the schema is named in the tarball's lists" \
  "$(find tests docs script sql -name '.?*' -prune -o \
    \( -name '*.py' -o -name '*.sh' -o -name '*.md' -o -name '*.sql' -o -path 'script/*' \) -type f -print |
    while read -r file; do
      cat Makefile.am ./*/*.am | grep -qF "$file" || echo "$file"
    done)"
