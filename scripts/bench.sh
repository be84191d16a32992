#!/usr/bin/env bash
# The benchmarks, side by side with what they are compared to (docs/benchmarks.md), against an Azurite that they start themselves.
# Usage: scripts/bench.sh [--seconds N] [naive] [http] [processes] [memory] [engine] [refusals] [zipf] [scrape] [history] [retention] [export] [scaling] [allocations]
# Without a name: all of them, in about forty minutes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

require_tools
fetch_azurite

# Always Release: anything else measures the compiler
dotnet build tests/QuotaFunctions.Benchmarks -c Release -v quiet
exec dotnet artifacts/bin/QuotaFunctions.Benchmarks/release/QuotaFunctions.Benchmarks.dll "$@"
