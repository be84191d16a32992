#!/usr/bin/env bash
# Has the service delete what is older than it is to be kept, now, and waits until that is done. The service's own timer does the same.
# Usage: scripts/cleanup-quota-logs.sh [options]
#   -u, --url URL       the service. Default QUOTA_URL, else http://127.0.0.1:8787
#   --token-file FILE   holds the admin token. Default: it is in ADMIN_TOKEN
#   --max-wait SECONDS  how long to wait. Default 3600; the run goes on all the same
#   --no-wait           begins a run and does not wait for it
#   -h, --help          this
# Exits with 0 when it is done, 1 when something could not be deleted (the next run tries again) or it takes longer, 2 when it cannot tell: no
# token, a wrong one, the service does not answer, or the call is wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"

max_wait=3600 wait=1
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --no-wait)
      wait=0
      shift
      continue
      ;;
    -u | --url | --token-file | --max-wait) ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
  [[ $# -ge 2 ]] || fail "$1 needs a value" 2
  case $1 in
    -u | --url) url=${2%/} ;;
    --token-file) token_file=$2 ;;
    --max-wait)
      [[ $2 =~ ^[0-9]{1,6}$ ]] || fail '--max-wait must be a whole number of seconds' 2
      max_wait=$2
      ;;
  esac
  shift 2
done
need_tools
read_token

ask() { # method, path, expected status
  call "$1" "$2" || fail "$url does not answer" 2
  [[ $status == "$3" ]] || fail_refused
}

ask POST /manage/retention/run 202
if ((!wait)); then
  echo "a run goes on: GET $url/manage/retention says how it stands"
  exit 0
fi

end=$((SECONDS + max_wait))
while [[ $(jq .running <<<"$answer") == true ]]; do
  ((SECONDS < end)) || fail "the run goes on after $max_wait seconds"
  sleep 1
  ask GET /manage/retention 200
done
jq --raw-output '"\(.last_cleanup_count) rows deleted, \(.total_cleaned_count) in all; the log is kept for \(.retention_days) days"' <<<"$answer"
failures=$(jq .last_cleanup_failures <<<"$answer")
[[ $failures == 0 ]] || fail "$failures things could not be deleted: the service's log says why, and the next run tries again"
