#!/usr/bin/env bash
# Checks the Metal backend on a Mac: compiles every shader with Apple's compiler, runs one known kernel, then the conformance
# suite on the GPU. Prints a report to paste into an issue. Exits non-zero on anything wrong, and on a machine without a Metal device.
set -uo pipefail
cd "$(dirname "$0")/.."
[ "$(uname -s)" = Darwin ] || { echo "This checks Apple's Metal and needs a Mac." >&2; exit 2; }

report=$(mktemp -d)/report.txt
status=0
note() { echo "$*" | tee -a "$report"; }
run() { # what command…
  local what=$1 log; shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then note "ok      $what  $(grep -E '^(Passed|Failed)!' "$log" | tail -1)"
  else note "FAILED  $what"; tail -40 "$log" | tee -a "$report"; status=1; fi
}

note "Gradient $(git describe --always --dirty)"
note "$(sw_vers -productName) $(sw_vers -productVersion), $(sysctl -n machdep.cpu.brand_string), .NET $(dotnet --version)"
system_profiler SPDisplaysDataType 2>/dev/null | grep -E 'Chipset Model|Metal' | sed 's/^ */  /' | tee -a "$report"

run "build" dotnet build Gradient.sln -c Release
if xcrun -sdk macosx -f metal >/dev/null 2>&1; then
  for source in shaders/*.metal; do
    run "compile $source" xcrun -sdk macosx metal -std=metal3.1 -fno-fast-math -Wall -c "$source" -o /dev/null
  done
else
  note "skipped compiling offline: Xcode's metal compiler is not installed (the backend compiles at run time all the same)"
fi
run "probe" dotnet test tests/Gradient.Backend.Metal.Tests -c Release --no-build --filter Category=Probe
run "device layer" dotnet test tests/Gradient.Backend.Metal.Tests -c Release --no-build
run "conformance" dotnet test tests/Gradient.Conformance.Tests -c Release --no-build --filter Name~metal
note "$([ $status = 0 ] && echo "All well." || echo "Something is wrong; please paste this report into an issue.")"
echo "Report: $report"
exit $status
