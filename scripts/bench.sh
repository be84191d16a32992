#!/usr/bin/env bash
# The benchmarks, side by side with what they are compared to (docs/benchmarks.md), against an Azurite that they start themselves.
# Usage: scripts/bench.sh [--seconds N] [naive] [http] [processes] [memory] [engine] [refusals] [zipf] [allocations]
# Without a name: all of them, in about eight minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

for tool in dotnet node npm; do
  if ! command -v "$tool" >/dev/null; then
    echo "scripts/bench.sh needs $tool: the .NET 10 SDK, and Node 20 or later with npm." >&2
    exit 1
  fi
done

# Azurite, at the version of the lock file
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  npm ci --no-audit --no-fund --loglevel=error
fi

# Always Release: anything else measures the compiler
dotnet build tests/QuotaFunctions.Benchmarks -c Release -v quiet
exec dotnet artifacts/bin/QuotaFunctions.Benchmarks/release/QuotaFunctions.Benchmarks.dll "$@"
