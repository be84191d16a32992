#!/usr/bin/env bash
# Has the service make the tables and queues that are missing, as it does at its start; --check only tells whether they are there.
# Usage: scripts/init-storage.sh [options]
#   -u, --url URL       the service. Default QUOTA_URL, else http://127.0.0.1:8787
#   --token-file FILE   holds the admin token. Default: it is in ADMIN_TOKEN
#   --check             makes nothing
#   -h, --help          this
# Exits with 0 when all are there, 1 when some are not, 2 when it cannot tell: no token, a wrong one, no service, or the call is wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"

check=0
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --check)
      check=1
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
read_token

method=POST
((!check)) || method=GET
call "$method" /manage/storage || fail "$url does not answer" 2
case $status in
  200) ;;
  503) fail 'the storage does not answer' ;;
  *) fail_refused ;;
esac
jq --raw-output '.tables[], .queues[] | "\(if .exists then "ok      " else "missing " end) \(.name)"' <<<"$answer"
jq --exit-status 'all(.tables[], .queues[]; .exists)' <<<"$answer" >/dev/null || exit 1
