#!/usr/bin/env bash
# Issues a key and prints its secret, once: alone on standard output, what else there is to say on standard error.
# Usage: scripts/generate-api-key.sh --quota N [options]
#   --quota N            what may be used in all, such as 1000, or 5.00 with --unit usd; required
#   --prefix WORD        what the secret begins with. Default trial
#   --name NAME          what people call the key. Default the prefix
#   --tenant NAME        whose key it is
#   --email ADDRESS      the address of its holder
#   --unit UNIT          requests, tokens or usd. Default requests, or what the pool counts in
#   --expires-at MOMENT  when it expires, such as 2030-01-31T23:59:59Z
#   --rate N             requests in any 60 seconds
#   --pool ID            the pool that it draws on besides its own quota
#   --json               prints the whole answer, the secret with it, instead
#   --url URL            the service. Default QUOTA_URL, else http://127.0.0.1:8787
#   --token-file FILE    holds the admin token. Default: it is in ADMIN_TOKEN
# Exits with 0 when the key was issued, 1 when the service refused or did not answer, 2 when the call is wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"

quota='' prefix=trial name='' json=''
optional='{}'
add() { # field, value
  optional=$(jq --arg field "$1" --arg value "$2" '.[$field] = $value' <<<"$optional")
}

need_tools
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --json)
      json=1
      shift
      continue
      ;;
    --quota | --prefix | --name | --tenant | --email | --unit | --expires-at | --rate | --pool | --url | --token-file) ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
  [[ $# -ge 2 ]] || fail "$1 needs a value" 2
  case $1 in
    --quota) quota=$2 ;;
    --prefix) prefix=$2 ;;
    --name) name=$2 ;;
    --tenant | --email | --unit | --pool) add "${1#--}" "$2" ;;
    --expires-at) add expires_at "$2" ;;
    --rate)
      [[ $2 =~ ^[0-9]{1,9}$ ]] || fail '--rate must be a whole number' 2
      optional=$(jq --argjson value "$2" '.rate_limit_per_minute = $value' <<<"$optional")
      ;;
    --url) url=${2%/} ;;
    --token-file) token_file=$2 ;;
  esac
  shift 2
done
[[ $quota =~ ^(0|[1-9][0-9]{0,12})(\.[0-9]{1,6})?$ ]] || fail '--quota is required, a number such as 1000 or 5.00' 2
read_token

body=$(jq --compact-output --arg name "${name:-$prefix}" --arg prefix "$prefix" --argjson quota "$quota" \
  '{name: $name, prefix: $prefix, quota: $quota} + .' <<<"$optional")
call POST /admin/keys "$body" || fail "$url does not answer"
if [[ $status != 201 ]]; then
  echo "$answer" | jq . >&2 2>/dev/null || echo "$answer" >&2
  fail "the key was not issued: status $status"
fi

if [[ $json ]]; then
  echo "$answer"
else
  jq --raw-output '.key' <<<"$answer"
  jq --raw-output '"Issued \(.id) with \(.quota) \(.unit). The key is shown here and never again."' <<<"$answer" >&2
fi
