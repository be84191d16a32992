#!/usr/bin/env bash
# Starts everything with scripts/start.sh, uses it as an admin and as a key's holder, sees that the books balance, and stops it.
# Usage: scripts/smoke-test.sh [--host local|func] [--port N]
#   --host     as for scripts/start.sh: func is the Azure Functions Core Tools
#   --port N   the app's port; the four after it are taken, too. Default 8787
# Exits with 0 when all went as it should.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

host=local port=8787
while [[ $# -gt 0 ]]; do
  case $1 in
    --host | --port)
      [[ $# -ge 2 ]] || fail "$1 needs a value" 2
      declare "${1#--}=$2"
      shift 2
      ;;
    -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/smoke-test.sh && exit 0 ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
done
for tool in curl jq; do command -v "$tool" >/dev/null || fail "$tool is missing" 2; done

data=$(mktemp -d)
export QUOTA_URL=http://127.0.0.1:$port
ADMIN_TOKEN=$(node -p 'crypto.randomBytes(32).toString("hex")')
export ADMIN_TOKEN

scripts/start.sh --host "$host" --port "$port" --data "$data/azurite" >"$data/log" 2>&1 &
service=$!
ended() {
  kill "$service" 2>/dev/null || true
  wait "$service" 2>/dev/null || true
  cat "$data/log"
  rm -rf "$data"
}
trap ended EXIT

until grep -q '^Ready: ' "$data/log"; do
  kill -0 "$service" 2>/dev/null || fail 'it did not start'
  sleep 0.5
done

# As an admin
scripts/test-admin-interface.sh
key=$(scripts/generate-api-key.sh --quota 3 --name smoke)

# As a holder: a call, a stream, a service's own work; the fourth is refused
expect() { # status, path, body
  local status
  status=$(curl --silent --output "$data/answer" --write-out '%{http_code}' --max-time 60 "$QUOTA_URL$2" \
    --header 'Content-Type: application/json' --data "$3" --config - <<<"header = \"X-API-Key: $key\"") || true
  [[ $status == "$1" ]] || fail "POST $2 answered $status instead of $1: $(<"$data/answer")"
  echo "ok    POST $2 $status"
}
expect 200 /v1/chat/completions '{"model":"sample-small","messages":[{"role":"user","content":"Hello"}]}'
expect 200 /v1/chat/completions '{"model":"sample-small","stream":true,"messages":[{"role":"user","content":"Hello"}]}'
grep -q '\[DONE\]' "$data/answer" || fail 'the stream did not come to its end'
expect 200 /quota/consume '{"cost":1}'
expect 429 /quota/consume '{"cost":1}'

# The dashboard, with a script of it in the form that a browser takes
get() { # path, type
  local type
  type=$(curl --silent --fail --output "$data/answer" --write-out '%{content_type}' --max-time 60 --header 'Accept-Encoding: br' "$QUOTA_URL$1") || true
  [[ $type == "$2; charset=utf-8" ]] || fail "GET $1 answered with the type '$type'"
  echo "ok    GET $1 $type"
}
get /dashboard/me text/html
page=$(curl --silent --max-time 60 "$QUOTA_URL/dashboard")
script=$(grep -o '/dashboard/assets/[^"]*\.js' <<<"$page" | head -n 1)
get "$script" text/javascript

# In the log, and balanced, once the queue has done its work
books() { curl --silent --max-time 60 "$QUOTA_URL/manage/verify" --config - <<<"header = \"Authorization: Bearer $ADMIN_TOKEN\"" | tail -n 1; }
for ((attempt = 0; attempt < 60; attempt++)); do
  totals=$(books)
  jq --exit-status '.balanced and .unsettled == 0' <<<"$totals" >/dev/null 2>&1 && break
  sleep 1
done
((attempt < 60)) || fail "the books do not balance: $totals"
echo "ok    GET /manage/verify $totals"

# It ends when it is told to
kill "$service"
wait "$service" || code=$?
[[ ${code:-0} == 143 ]] || fail "scripts/start.sh ended with ${code:-0}"
echo "ok    stopped"
