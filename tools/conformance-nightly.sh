#!/usr/bin/env bash
# The whole Metal suite (device tests and conformance) on SoftMetal under each of its modes: threads run forward, in reverse, in random
# order; guard pages behind and before each buffer; every launch cut along its grid; the race and bounds checker; AddressSanitizer.
# Prints a table, and exits non-zero if a test failed or SoftMetal reported anything.
#
#   tools/conformance-nightly.sh [mode…]        all modes if none is named, and then the mutants of the shaders (tools/mutate-shaders.sh)
#   FILTER='Name~Softmax' tools/…               only these tests
#   JOBS=3 tools/…                              so many modes side by side: the checker has one thread
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 CI=${CI:-true} SOFTMETAL_QUIET=1
[ "$(uname -s)" = Linux ] || { echo "SoftMetal runs on Linux; on a Mac, tools/check-metal.sh checks the GPU." >&2; exit 2; }
modes=("$@")
[ $# -gt 0 ] || modes=(check asan cut forward reverse random guard-after guard-before)
seed=${SEED:-$(date +%Y%m%d)}

variables() { # of a mode
  case $1 in
    forward | reverse) echo "SOFTMETAL_ORDER=$1" ;;
    random) echo "SOFTMETAL_ORDER=random:$seed SOFTMETAL_CONCURRENT=random:$seed" ;;
    guard-after) echo "SOFTMETAL_GUARD=1" ;;
    guard-before) echo "SOFTMETAL_GUARD=before" ;;
    cut) echo "GRADIENT_METAL_WORK=24" ;;
    check) echo "SOFTMETAL_CHECK=1" ;;
    # The sanitizer's runtime must be there first; .NET handles SIGSEGV itself, and does not free what it holds at exit.
    asan) echo "SOFTMETAL_ASAN=1 LD_PRELOAD=$(${SOFTMETAL_CXX:-g++} -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_sigbus=0:use_sigaltstack=0" ;;
    *) echo "There is no mode $1." >&2; return 1 ;;
  esac
}

for mode in "${modes[@]}"; do variables "$mode" >/dev/null || exit 2; done
tools/SoftMetal/build.sh || exit 1
export GRADIENT_METAL_LIBRARY=$PWD/tools/SoftMetal/bin/libSoftMetal.so
for project in Gradient.Backend.Metal.Tests Gradient.Conformance.Tests; do dotnet build -c Release -v q "tests/$project" || exit 1; done

sum() { # attribute file…: of the line of counters that each result has
  local name=$1; shift
  sed -n "s/.*<Counters [^>]*\b$name=\"\([0-9]*\)\".*/\1/p" "$@" 2>/dev/null | awk '{ n += $1 } END { print n + 0 }'
}

run() { # mode: its row of the table goes to a file; fails if anything is wrong
  local mode=$1 results=$PWD/artifacts/nightly/$1 start=$SECONDS note= failure=0 project filter passed failed findings
  rm -rf "$results" && mkdir -p "$results"
  for project in Metal:Gradient.Backend.Metal.Tests Conformance:Gradient.Conformance.Tests; do
    filter=${FILTER:-}
    # Of the conformance suite what runs on Metal: by the name of the backend, and what is about the device alone.
    [ "${project%%:*}" = Metal ] || filter="(Name~metal|(FullyQualifiedName~BugClasses&Name!~cpu))${filter:+&($filter)}"
    # shellcheck disable=SC2046
    env $(variables "$mode") dotnet test "tests/${project#*:}" -c Release --no-build --logger "trx;LogFileName=${project%%:*}.trx" --results-directory "$results" \
      ${filter:+--filter "$filter"} >"$results/${project%%:*}.log" 2>&1 || failure=1 note="see $results"
    grep -q "host process crashed\|Test Run Aborted" "$results/${project%%:*}.log" && note="crashed; see $results"
  done
  passed=$(sum passed "$results"/*.trx) failed=$(sum failed "$results"/*.trx)
  findings=$(cat "$results"/*.trx 2>/dev/null | grep -c "SoftMetal reports:\|ERROR: AddressSanitizer")
  findings=$((findings + $(cat "$results"/*.log | grep -c "ERROR: AddressSanitizer")))
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ] && [ "$findings" = 0 ] || failure=1
  printf '%-13s %8d %8d %10d %7d s  %s\n' "$mode" "$passed" "$failed" "$findings" $((SECONDS - start)) "$note" >"$results/row"
  echo "$mode: $passed passed, $failed failed, $findings findings"
  return $failure
}

status=0 running=0
for mode in "${modes[@]}"; do
  [ $running -lt "${JOBS:-1}" ] || { wait -n || status=1; running=$((running - 1)); }
  run "$mode" &
  running=$((running + 1))
done
while [ $running -gt 0 ]; do wait -n || status=1; running=$((running - 1)); done

printf '\n%-13s %8s %8s %10s %9s\n' mode passed failed findings time
for mode in "${modes[@]}"; do cat "artifacts/nightly/$mode/row"; done
[[ " ${modes[*]} " != *" random "* ]] || echo "random orders of seed $seed (SEED=… repeats them)"
if [ $# -eq 0 ] && [ -z "${FILTER:-}" ]; then tools/mutate-shaders.sh || status=1; fi
exit $status
