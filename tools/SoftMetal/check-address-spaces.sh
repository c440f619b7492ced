#!/usr/bin/env bash
# Compiles shaders with clang with device, constant and threadgroup as real address spaces (-fsyntax-only), which SoftMetal
# erases at run time: a pointer that loses or changes its address space fails here rather than on a Mac.
#   check-address-spaces.sh [-I folder] [-D name=value] file.metal …
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
clang=${CLANG:-clang++}
options=() files=()
while [ $# -gt 0 ]; do
  case $1 in
    -I|-D) options+=("$1" "$2"); shift 2 ;;
    -*) options+=("$1"); shift ;;
    *) files+=("$1"); shift ;;
  esac
done
[ ${#files[@]} -gt 0 ] || { echo "usage: $0 [-I folder] [-D name=value] file.metal …" >&2; exit 2; }
status=0
for file in "${files[@]}"; do
  if "$clang" -x c++ -std=gnu++20 -fsyntax-only -nostdinc -undef -w -ferror-limit=50 -D__METAL__=1 -D__METAL_VERSION__=320 -D__HAVE_BFLOAT__=1 \
      "${options[@]}" -I "$here/include/spaces" "$file"; then
    echo "ok $file"
  else
    echo "FAILED $file"
    status=1
  fi
done
exit $status
