#!/usr/bin/env bash
# Goes through the admin interface of a running service with a key of its own, which it revokes in the end:
# create, list, get, patch, top up, reset, rotate, revoke. Prints a line for each step.
# Usage: scripts/test-admin-interface.sh [--url URL] [--token-file FILE]
#   --url URL          the service. Default QUOTA_URL, else http://127.0.0.1:8787
#   --token-file FILE  holds the admin token. Default: it is in ADMIN_TOKEN
# Exits with 0 when every step went as it should, 1 when one did not, 2 when the service cannot be tested: it does not
# answer, does not take the token, or the call is wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"

while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --url | --token-file)
      [[ $# -ge 2 ]] || fail "$1 needs a value" 2
      if [[ $1 == --url ]]; then url=${2%/}; else token_file=$2; fi
      shift 2
      ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
done
need_tools
read_token

id='' failed=0

# What is left behind by a step that failed
# shellcheck disable=SC2317 # called by the trap
revoke_key() {
  if [[ $id ]]; then call DELETE "/admin/keys/$id" || true; fi
}
trap revoke_key EXIT

# A step: a call, the status that it must have, and what must hold of its answer
step() { # name, method, path, body, status, jq filter
  call "$2" "$3" "$4" || fail "$url does not answer" 2
  if [[ $status == "$5" ]] && { [[ ! $6 ]] || jq --exit-status "$6" <<<"$answer" >/dev/null 2>&1; }; then
    echo "ok      $1"
  else
    # Never the answer: it may hold a secret
    echo "failed  $1: status $status, code $(jq --raw-output '.code? // "none"' <<<"$answer" 2>/dev/null || echo none)"
    failed=1
    return 1
  fi
}

call GET '/admin/keys?limit=1' '' || fail "$url does not answer" 2
[[ $status == 200 ]] || fail "$url does not take the token: status $status" 2

name="test-admin-interface $$"
if step create POST /admin/keys "$(jq --null-input --compact-output --arg name "$name" '{name: $name, prefix: "test", quota: 1000}')" 201 \
  '.quota == 1000 and .used == 0 and (.key | startswith("test_"))'; then
  id=$(jq --raw-output '.id' <<<"$answer")
  step list GET "/admin/keys?name=$(jq --null-input --raw-output --arg name "$name" '$name | @uri')" '' 200 ".keys | any(.id == \"$id\")" || true
  step get GET "/admin/keys/$id" '' 200 'has("key") | not' || true
  step patch PATCH "/admin/keys/$id" '{"status":"disabled"}' 200 '.status == "disabled"' || true
  step 'top up' POST "/admin/keys/$id/topup" '{"amount":500}' 200 '.quota == 1500' || true
  step reset POST "/admin/keys/$id/reset" '{"quota":2000}' 200 '.quota == 2000 and .used == 0' || true
  step rotate POST "/admin/keys/$id/rotate" '{"overlap_seconds":0}' 200 ".id == \"$id\" and (.key | startswith(\"test_\"))" || true
  if step revoke DELETE "/admin/keys/$id" '' 204 ''; then
    step revoked GET "/admin/keys/$id" '' 200 '.status == "revoked"' || true
    id=''
  fi
fi
exit "$failed"
