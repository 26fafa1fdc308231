#!/bin/sh
# SPDX-License-Identifier: MIT
# compress.sh DIRECTORY: puts FILE.br and FILE.gz beside every text file there that gets smaller by it. The service sends
# them as they are. Needs gzip and node (for Brotli); the same input gives the same output.
set -eu
find "$1" -type f ! -name '*.gz' ! -name '*.br' ! -name '*.png' ! -name '*.woff2' | while read -r file; do
  [ "$(wc -c <"$file")" -gt 1024 ] || continue
  gzip -9nc "$file" >"$file.gz"
  node -e '
    const fs = require("fs"), zlib = require("zlib"), bytes = fs.readFileSync(process.argv[1])
    const params = { [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
    fs.writeFileSync(process.argv[1] + ".br", zlib.brotliCompressSync(bytes, { params }))
  ' "$file"
done
