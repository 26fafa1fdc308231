#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes a C file with the bytes of a file as the array NAME and their number as NAME_size to standard output.
set -eu

[ $# -eq 2 ] || { echo "usage: embed.sh NAME FILE" >&2; exit 2; }

echo "/* SPDX-License-Identifier: MIT */"
echo "/* Made from docs/${2##*/} by docs/embed.sh; change that instead. */"
echo "#include \"docs/$1.h\""
echo
echo "const unsigned char $1[] = {"
od -A n -v -t u1 "$2" | sed -e 's/  *\([0-9]\)/\1/' -e 's/  */,/g' -e 's/$/,/'
echo "};"
echo
echo "const size_t $1_size = sizeof $1;"
