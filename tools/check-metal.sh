#!/usr/bin/env bash
# Checks the Metal backend on a Mac: one known kernel first, then every shader with Apple's compiler, the device tests and the
# conformance suite on the GPU, and a sample beside the processor. Prints a report to paste into an issue. Exits non-zero on anything
# wrong, and on a machine without a Metal device. For the bash 3.2 and the tools that macOS brings.
set -uo pipefail
cd "$(dirname "$0")/.."
[ "$(uname -s)" = Darwin ] || { echo "This checks Apple's Metal and needs a Mac." >&2; exit 2; }
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
export CI=${CI:-true} # a missing device fails; nothing is skipped for it

logs=$(mktemp -d "${TMPDIR:-/tmp}/gradient-metal.XXXXXX")
report=$logs/report.txt
status=0
note() { echo "$*" | tee -a "$report"; }
failed() { note "FAILED  $1"; tail -n 40 "$logs/last" | tee -a "$report"; status=1; }
run() { # what command…
  local what=$1; shift
  if "$@" >"$logs/last" 2>&1; then note "ok      $what"; else failed "$what"; return 1; fi
}
tests() { # what project filter: fails too if the filter selects nothing
  dotnet test "tests/$2" -c Release --no-build ${3:+--filter "$3"} >"$logs/last" 2>&1 && grep -q '^Passed!' "$logs/last" \
    && note "ok      $1  $(grep '^Passed!' "$logs/last" | tail -n 1)" || { failed "$1"; return 1; }
}
finish() {
  if [ $status = 0 ]; then note "All well."; else note "Something is wrong; please paste this report into an issue."; fi
  echo "Report: $report"
  exit $status
}

note "Gradient $(git describe --always --dirty)"
note "$(sw_vers -productName) $(sw_vers -productVersion), $(sysctl -n machdep.cpu.brand_string), .NET $(dotnet --version)"
system_profiler SPDisplaysDataType 2>/dev/null | grep -E 'Chipset Model|Metal' | sed 's/^ */  /' | tee -a "$report"

# Without a build, or a device that does what it is told, nothing after would mean anything.
run "build" dotnet build Gradient.sln -c Release || finish
tests "probe" Gradient.Backend.Metal.Tests Category=Probe || finish

# Some versions of Xcode name a compiler that is still to be downloaded, so it is asked for its version.
if xcrun -sdk macosx metal --version >/dev/null 2>&1; then
  for source in shaders/*.metal; do
    run "compile $source" xcrun -sdk macosx metal -std=metal3.1 -fno-fast-math -Wall -c "$source" -o /dev/null
  done
else
  note "skipped compiling offline: Xcode's metal compiler is not installed (the backend compiles at run time all the same)"
fi
tests "device layer" Gradient.Backend.Metal.Tests ""
tests "conformance" Gradient.Conformance.Tests 'Name~metal|(FullyQualifiedName~BugClasses&Name!~cpu)'

# The same seed gives the same weights and masks on every device: rounding alone tells the losses apart.
losses() { # device
  dotnet run -c Release --no-build --project samples/Mnist -- --device "$1" --limit 256 --batch 32 --epochs 3 >"$logs/last" 2>&1 || return 1
  sed -n 's|^epoch [0-9]*/[0-9]*  loss \([0-9.]*\) .*|\1|p' "$logs/last"
}
if losses cpu >"$logs/cpu" && losses metal >"$logs/metal"; then
  note "losses of samples/Mnist, 24 steps in three epochs: cpu, metal"
  paste "$logs/cpu" "$logs/metal" | sed 's/^/  /' | tee -a "$report"
  if paste "$logs/cpu" "$logs/metal" | awk '{ d = $1 - $2; if (NF != 2 || d * d > 1e-4 * $1 * $1) wrong = 1 } END { exit wrong || NR != 3 }'; then
    note "ok      training, losses within 1 %"
  else
    failed "training: the losses differ by more than 1 %"
  fi
else
  failed "training"
fi
finish
