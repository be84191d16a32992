#!/usr/bin/env bash
# Tells of each provider whether it takes the service's credential. For cron and probes; needs no token.
# Usage: scripts/check-credentials.sh [--url URL] [--quiet]
#   -u, --url URL    the service. Default QUOTA_URL, else http://127.0.0.1:8787
#   -q, --quiet      prints only what is refused
#   -h, --help       this
# Exits with 0 when all are taken, 1 when one is refused (the provider's last answer was 401, 402 or 403), 2 when it cannot tell: the service
# does not answer, or the call is wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"

quiet=0
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    -q | --quiet)
      quiet=1
      shift
      ;;
    -u | --url)
      [[ $# -ge 2 ]] || fail "$1 needs a value" 2
      url=${2%/}
      shift 2
      ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
done
need_tools

answer=$(curl --silent --max-time 30 --write-out '\n%{http_code}' "$url/api/credentials/status") || fail "$url does not answer" 2
status=${answer##*$'\n'} answer=${answer%$'\n'*}
[[ $status == 200 ]] || fail "$url cannot tell: status $status" 2
jq --exit-status 'type == "object" and all(.[]; type == "boolean")' <<<"$answer" >/dev/null 2>&1 || fail "$url answers something else" 2

code=0
while IFS=$'\t' read -r provider ok; do
  if [[ $ok == true ]]; then
    ((quiet)) || echo "ok       $provider"
  else
    echo "refused  $provider: put a good credential into Providers__${provider}__ApiKey"
    code=1
  fi
done < <(jq --raw-output 'to_entries[] | [.key, .value] | @tsv' <<<"$answer")
exit "$code"
