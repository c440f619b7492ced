#!/usr/bin/env bash
# Builds bin/libSoftMetal.so. CXX names the compiler (default g++, else clang++).
set -euo pipefail
cd "$(dirname "$0")"
cxx=${CXX:-$(command -v g++ || command -v clang++)}
mkdir -p bin/obj
flags="-std=c++20 -O2 -g -fPIC -Wall -Wextra -Werror -Wno-unused-parameter -Wno-psabi"
building=()
newest_header=$(ls -t src/*.hpp include/softmetal/runtime.hpp build.sh | head -n 1)
for source in src/*.cpp src/*.S; do
  object=bin/obj/$(basename "$source").o
  if [ ! -e "$object" ] || [ "$source" -nt "$object" ] || [ "$newest_header" -nt "$object" ]; then
    # shellcheck disable=SC2086
    case $source in
      *.S) $cxx -x assembler-with-cpp -c -fPIC "$source" -o "$object" & ;;
      *) $cxx $flags -c "$source" -o "$object" & ;;
    esac
    building+=($!)
  fi
done
for job in "${building[@]:-}"; do [ -z "$job" ] || wait "$job"; done
$cxx -shared -Wl,-soname,libSoftMetal.so -Wl,-z,defs -Wl,--version-script=exports.map -o bin/libSoftMetal.so.new bin/obj/*.o -ldl -lpthread
mv bin/libSoftMetal.so.new bin/libSoftMetal.so
