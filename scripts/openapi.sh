#!/usr/bin/env bash
# Writes src/QuotaFunctions/openapi.json from the functions' attributes and the types that they read and write, docs/api.md from it, and
# the table of docs/settings.md from the options types.
# Usage: scripts/openapi.sh [--check]
#   --check    writes nothing; exits with 1 when one of them is stale
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

[[ $# -eq 0 || $* == --check ]] || fail 'usage: scripts/openapi.sh [--check]' 2

dotnet build src/QuotaFunctions.OpenApiGenerator -c Release -v quiet
dotnet artifacts/bin/QuotaFunctions.OpenApiGenerator/release/QuotaFunctions.OpenApiGenerator.dll src/QuotaFunctions/openapi.json docs/api.md docs/settings.md "$@"
