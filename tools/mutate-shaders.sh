#!/usr/bin/env bash
# Changes the shaders on SoftMetal, one barrier or bounds check at a time, and counts the changes that the tests of the Metal backend notice.
# Prints every mutant with what noticed it, and a summary; fails if one survives that tests/Gradient.Mutation.Tests/equivalent.txt does not explain,
# or if less than 95 % of the deletions are noticed. Goes on where it was stopped, unless something else was built since.
#
#   tools/mutate-shaders.sh [pattern…]     mutants whose line of the list matches, for example 'softmax' or '^12 '; all if none is given
#   tools/mutate-shaders.sh --list         the mutants, and the comparisons that are left out, with the reason
#   JOBS=8 tools/mutate-shaders.sh         so many processes share the work
#   TESTS=AttentionTests tools/…           only tests whose full names match
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(uname -s)" = Linux ] || { echo "SoftMetal runs on Linux." >&2; exit 2; }
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 CI=${CI:-true}
tools/SoftMetal/build.sh
export GRADIENT_METAL_LIBRARY=$PWD/tools/SoftMetal/bin/libSoftMetal.so SOFTMETAL_CACHE=${SOFTMETAL_CACHE:-$PWD/tools/SoftMetal/bin/cache}
dotnet build -c Release -v q tests/Gradient.Mutation.Tests >&2
exec dotnet tests/Gradient.Mutation.Tests/bin/Release/net10.0/Gradient.Mutation.Tests.dll "$@"
