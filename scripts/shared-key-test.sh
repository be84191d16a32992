#!/usr/bin/env bash
# The long test of several processes on one storage: nobody is told 503 without a reason, whichever of them is asked.
# Usage: scripts/shared-key-test.sh [ROUNDS]     Default 100, about an hour. The short version is part of scripts/test.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

rounds=$(rounds_of "$@")

require_tools
fetch_azurite

export QUOTA_SHARED_ROUNDS=$rounds
exec dotnet test tests/QuotaFunctions.EndToEndTests -c Release --filter 'FullyQualifiedName~SharedKeyTests' --logger 'console;verbosity=detailed'
