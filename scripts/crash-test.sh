#!/usr/bin/env bash
# The long crash test: instances killed (SIGKILL) under load, with leases and a pool; every round must end with balanced books.
# Usage: scripts/crash-test.sh [ROUNDS]     Default 100, about 10 minutes. The short version is part of scripts/test.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

rounds=$(rounds_of "$@")

require_tools
fetch_azurite

export QUOTA_CRASH_ROUNDS=$rounds
exec dotnet test tests/QuotaFunctions.EndToEndTests -c Release --filter 'FullyQualifiedName~CrashTests.Every_round' --logger 'console;verbosity=detailed'
