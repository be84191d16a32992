#!/usr/bin/env bash
# Every test, unit to end-to-end, against an Azurite that the tests start themselves.
# Usage: scripts/test.sh [arguments for dotnet test, such as --filter FullyQualifiedName~Quota]
# Ends in a line "N passed, N failed"; exits with 0 only when something passed and nothing failed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

configuration=${CONFIGURATION:-Release}
results=artifacts/test-results

require_tools
fetch_azurite
fetch_chromium

dotnet build QuotaFunctions.sln -c "$configuration" -v quiet

rm -rf "$results"
passed=0 failed=0 skipped=0
for project in Tests IntegrationTests EndToEndTests; do
  echo "== QuotaFunctions.$project"
  trx=$results/$project.trx
  status=0
  dotnet test "tests/QuotaFunctions.$project" -c "$configuration" --no-build \
    --results-directory "$results" --logger "trx;LogFileName=$project.trx" \
    --blame-hang-timeout 10m --blame-hang-dump-type none "$@" || status=$?

  count() { { [[ -f $trx ]] && sed -n "s/.*<Counters .*[ ]$1=\"\([0-9]*\)\".*/\1/p" "$trx" | head -n 1; } || true; }
  total=$(count total) ok=$(count passed) bad=$(count failed)
  total=${total:-0} ok=${ok:-0} bad=${bad:-0}
  # A test host that broke down has failed, whatever it had counted.
  if [[ $status -ne 0 && $bad -eq 0 ]]; then bad=1 total=$((total + 1)); fi
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + total - ok - bad))
done

if [[ $skipped -gt 0 ]]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[[ $failed -eq 0 && $passed -gt 0 ]]
