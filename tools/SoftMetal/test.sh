#!/usr/bin/env bash
# Builds the library and its tests and runs them. An argument selects tests by a part of their name.
set -euo pipefail
cd "$(dirname "$0")"
./build.sh
mkdir -p bin/tests
cxx=${CXX:-$(command -v g++ || command -v clang++)}
objects=()
for source in tests/*.cpp; do
  object=bin/tests/$(basename "$source").o
  objects+=("$object")
  if [ ! -e "$object" ] || [ "$source" -nt "$object" ] || [ tests/client.hpp -nt "$object" ]; then
    $cxx -std=c++20 -O1 -g -Wall -Wextra -Werror -c "$source" -o "$object" &
  fi
done
wait
$cxx -o bin/softmetal-tests "${objects[@]}" -Lbin -lSoftMetal -Wl,-rpath,'$ORIGIN'
SOFTMETAL_QUIET=${SOFTMETAL_QUIET-1} SOFTMETAL_CACHE=${SOFTMETAL_CACHE-$PWD/bin/cache} bin/softmetal-tests "$@"
