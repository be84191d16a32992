#!/usr/bin/env bash
# The overspend test: clients use up one quota while processes are killed (SIGKILL) and storage drops answers; in the end the clients' own books are
# held against the service's, and against those of the naive loop and of Redis under the same load (docs/performance.md).
# Usage: scripts/overspend.sh [--quick] [--charges N] [--kills K] [--clients N] [--processes M] [--write] [NAME]...
#   --quick          5,000 charges and 3 kills, without waiting for the log: in about a minute. Otherwise 1,000,000 and 100:
#                    about an hour for all on a quiet machine; a line that takes over 45 minutes is given up
#   --charges N      the quota
#   --kills K        how many processes are killed, each in its part of the load
#   --clients N      how many clients ask at once; default 64
#   --processes M    how many processes serve them; default 4
#   --write          puts the table into docs/performance.md
#   NAME             quotafunctions, idempotency, naive, redis, redis-power; all where none is named
# Exits with 0 when the service oversold, lost and doubled nothing, with 1 when it did, with 2 when an argument is wrong.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

for argument in "$@"; do
  case $argument in
    -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/overspend.sh && exit 0 ;;
  esac
done

require_tools
fetch_azurite
fetch_peers

# Always Release, as the service is run
dotnet build tests/QuotaFunctions.Benchmarks -c Release -v quiet
exec dotnet artifacts/bin/QuotaFunctions.Benchmarks/release/QuotaFunctions.Benchmarks.dll overspend "$@"
