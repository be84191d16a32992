#!/usr/bin/env bash
# The long crash test: instances killed (SIGKILL) under load, with leases and a pool; every round must end with balanced books.
# Usage: scripts/crash-test.sh [ROUNDS]     Default 100, about 10 minutes. The short version is part of scripts/test.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${1:-100}
[[ $rounds =~ ^[1-9][0-9]*$ ]] || { echo "scripts/crash-test.sh: ROUNDS must be a whole number above 0" >&2; exit 2; }

if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  npm ci --no-audit --no-fund --loglevel=error
fi

export QUOTA_CRASH_ROUNDS=$rounds DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
exec dotnet test tests/QuotaFunctions.EndToEndTests -c Release --filter 'FullyQualifiedName~CrashTests.Every_round' --logger 'console;verbosity=detailed'
