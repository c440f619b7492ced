#!/usr/bin/env bash
# Reads shaders with clang (14 or later) as C++ for OpenCL, where device, constant, threadgroup and thread are real address
# spaces, which SoftMetal erases at run time: a pointer that changes its address space fails here rather than on a Mac. So does what
# came with C++17, as MSL before Metal 4 is C++14.
#   check-address-spaces.sh [-D name=value]… [-I folder]… file.metal …
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
clang=${CLANG:-clang++}
options=() files=()
while [ $# -gt 0 ]; do
  case $1 in
    -D|-I) options+=("$1" "$2"); shift 2 ;;
    *) files+=("$1"); shift ;;
  esac
done
[ ${#files[@]} -gt 0 ] || { echo "usage: $0 [-D name=value]… [-I folder]… file.metal …" >&2; exit 2; }
status=0
for file in "${files[@]}"; do
  text=$(mktemp)
  # Macros and included files first.
  if ! "$clang" -x c++ -E -w -undef -nostdinc -D__METAL__=1 -D__METAL_VERSION__=320 -D__HAVE_BFLOAT__=1 ${options[@]+"${options[@]}"} \
      -I "$here/include/msl" "$file" > "$text.in"; then
    echo "FAILED $file"
    status=1
    continue
  fi
  {
    echo "#include \"$here/include/spaces.hpp\""
    # Then the differences of syntax: attributes, function constants, storage in threadgroup memory, vectors made of several
    # values, the keyword kernel.
    sed -E \
      -e 's/\[\[ *function_constant\([0-9]+\) *\]\] *;/= {};/g' \
      -e 's/\[\[([^][]|\[[^][]*\])*\]\]//g' \
      -e 's/^((.*[;{}])? *)threadgroup ([^;*&=()]*[^;*&=() ]) +([A-Za-z_0-9]+) *((\[[^];]*\])+);/\1threadgroup \3 (\&\4)\5 = *(threadgroup \3 (*)\5)0;/' \
      -e 's/\b(float|half|u?int|u?short|u?char|u?long)([234])\(/make_\1\2(/g' \
      -e 's/([0-9.])h\b/\1f/g; s/_Pragma\("[^"]*"\)//g; s/#pragma clang loop.*//' \
      -e 's/^( *)kernel void/\1void/' "$text.in"
  } > "$text.cl"
  "$clang" -x cl -cl-std=clc++ -cl-single-precision-constant -target spir64-unknown-unknown -cl-no-stdinc \
    -fsyntax-only -Wno-everything -Werror=c++98-c++11-c++14-compat -ferror-limit=0 "$text.cl" 2> "$text.err"
  # Copying a structure out of constant memory is right in MSL and cannot be said in OpenCL: that error is let through.
  awk '/: error: |: fatal error: / { if (seen && !allowed) printf "%s", group; seen = 1; allowed = constructor = 0; group = "" }
       /no matching constructor for initialization/ { constructor = NR }
       /__constant. to object in address space .__generic/ && constructor { allowed = 1 }
       / errors? generated/ { next }
       { group = group $0 "\n" }
       END { if (seen && !allowed) printf "%s", group }' "$text.err" > "$text.out"
  if [ -s "$text.out" ]; then
    cat "$text.out" >&2
    echo "FAILED $file"
    status=1
  else
    echo "ok $file"
  fi
  rm -f "$text" "$text.in" "$text.cl" "$text.err" "$text.out"
done
exit $status
