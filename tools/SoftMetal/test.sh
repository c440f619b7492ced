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
SOFTMETAL_QUIET=${SOFTMETAL_QUIET-1} bin/softmetal-tests "$@"

# The address-space check accepts the right file and names the line of the wrong ones.
if [ $# -eq 0 ] && command -v "${CLANG:-clang++}" > /dev/null; then
  ./check-address-spaces.sh tests/spaces/right.metal
  wrong=$(./check-address-spaces.sh tests/spaces/wrong.metal 2>&1) && { echo "FAILED: a pointer that changed its address space passed"; exit 1; }
  grep -q 'wrong.metal:20:.*__local float.*__global float' <<< "$wrong" || { echo "FAILED: $wrong"; exit 1; }
  newer=$(./check-address-spaces.sh tests/spaces/newer.metal 2>&1) && { echo "FAILED: a construct of C++17 passed"; exit 1; }
  grep -q 'newer.metal:5:.*before C++17' <<< "$newer" || { echo "FAILED: $newer"; exit 1; }
  echo "passed address_spaces"
fi

# AddressSanitizer names the line of an overrun, in threadgroup memory and in a buffer.
asan=$($cxx -print-file-name=libasan.so)
if [ $# -eq 0 ] && [ -e "$asan" ]; then
  for overrun in 0 1 2; do
    out=$(OVERRUN=$overrun LD_PRELOAD=$asan ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0 SOFTMETAL_ASAN=1 SOFTMETAL_QUIET=1 \
      bin/softmetal-tests sanitizer 2>&1) || true
    expected=$(printf '%s\n' '1 passed, 0 failed' 'program_source:8' 'program_source:9' | sed -n "$((overrun + 1))p")
    grep -q "$expected" <<< "$out" || { echo "FAILED: AddressSanitizer, overrun $overrun: $out"; exit 1; }
  done
  echo "passed address_sanitizer"
fi
