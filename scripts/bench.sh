#!/usr/bin/env bash
# The service side by side with what else could be used, measured on this machine (docs/performance.md).
# Usage: scripts/bench.sh [--quick] [--write] [NAME...]
#   NAME       consume, proxy, growth, footprint; default all four, in less than 15 minutes. By its name, growth goes on to 100,000 keys and
#              1,000,000 rows of the log, and footprint to 1,000,000 charges. limits says what machine and Azurite allow at the most,
#              profile where the time goes (it needs perf). For a closer look: processes, engine, refusals, zipf, scrape, history, retention, export, scaling, allocations
#   --quick    shorter, in less than 3 minutes: for a look, not for figures to quote
#   --write    puts their tables into docs/performance.md, docs/performance.json and docs/images; else they go to artifacts/benchmarks
# What it needs of Debian and npm it fetches into .local and node_modules: nothing is installed. Loads go to 127.0.0.1 only.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

known=' consume proxy growth footprint limits profile processes engine refusals zipf scrape history retention export scaling allocations '
options=() names=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --quick | --write) options+=("$1") ;;
    -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/bench.sh && exit 0 ;;
    *)
      [[ $1 =~ ^[a-z]+$ && $known == *" $1 "* ]] || fail "unknown argument $1; see --help" 2
      names+=("$1")
      ;;
  esac
  shift
done

require_tools
fetch_azurite
fetch_peers
peers=tests/QuotaFunctions.Benchmarks/Peers
if [[ ! $peers/node_modules/.package-lock.json -nt $peers/package-lock.json ]]; then
  npm ci --prefix "$peers" --ignore-scripts --no-audit --no-fund --loglevel=error
fi

# Always Release: anything else measures the compiler
dotnet build tests/QuotaFunctions.Benchmarks -c Release -v quiet

# However it ends, what was started is ended and the files are gone
TMPDIR=$(mktemp -d)
export TMPDIR
finish() {
  kill "$program" 2>/dev/null || true
  wait "$program" 2>/dev/null || true
  rm -rf "$TMPDIR"
}
dotnet artifacts/bin/QuotaFunctions.Benchmarks/release/QuotaFunctions.Benchmarks.dll "${options[@]}" "${names[@]}" &
program=$!
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
wait "$program"
