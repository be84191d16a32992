#!/usr/bin/env bash
# Tells whether the storage is well: tables and queues are there and answer, no message has failed for good; with --books also whether all books balance.
# Usage: scripts/verify-storage-status.sh [options]
#   -u, --url URL       the service. Default QUOTA_URL, else http://127.0.0.1:8787
#   --token-file FILE   holds an admin token, which may be a read-only one. Default: as monitor-quota-usage.sh finds it
#   --books             adds up the books of every key
#   -h, --help          this
# Exits with 0 when all is well, 1 when something is not, 2 when it cannot tell: no token, a wrong one, no service, or the call is wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"

books=0
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --books)
      books=1
      shift
      continue
      ;;
    -u | --url | --token-file) ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
  [[ $# -ge 2 && $2 ]] || fail "$1 needs a value" 2
  case $1 in
    -u | --url) url=${2%/} ;;
    --token-file) token_file=$2 ;;
  esac
  shift 2
done
need_tools
read_reading_token

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ask() { # path, name, seconds
  fetch "$1" "$folder/$2" "$3" || fail "$url does not answer" 2
  [[ $status == 200 || ($2 == health && $status == 503) ]] || fail "$url refuses: status $status" 2
}

code=0
ask /manage/health health 60
jq --raw-output '.checks | to_entries[] | select(.key == "table" or .key == "queue") | "\(if .value.status == "ok" then "ok       " else "not well " end)\(.key) \(.value.latency_ms) ms \(.value.error // "")"' "$folder/health"
jq --exit-status '[.checks.table.status, .checks.queue.status] == ["ok", "ok"]' "$folder/health" >/dev/null || code=1

if ((code == 0)); then
  ask /manage/queues queues 60
  jq --raw-output '.queues[] | "\(if (.poison_length) == 0 then "ok       " else "not well " end)\(.name): \(.length) waiting, \(.poison_length) failed for good"' "$folder/queues"
  jq --exit-status 'all(.queues[]; (.poison_length) == 0)' "$folder/queues" >/dev/null || code=1
fi

if ((books)); then
  ask /manage/verify books 3600
  jq --raw-output 'select(.key and (.balanced | not)) | "not well books of \(.key): \(.used) used, \(.ledger) in the ledger, \(.audited) in the log, \(.unsettled) unsettled"' "$folder/books"
  if tail -n 1 "$folder/books" | jq --exit-status '(.key? | not) and .balanced' >/dev/null; then
    echo 'ok       books'
  else
    code=1
  fi
fi
exit "$code"
