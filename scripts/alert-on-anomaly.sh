#!/usr/bin/env bash
# For cron: prints nothing while all is well, else the anomalies and what to do, so that cron mails them.
# Usage: scripts/alert-on-anomaly.sh [options]
#   -u, --url, -t, --token, --token-file, --time-zone, --lang   as monitor-quota-usage.sh has them
#       --days N        today and the days before, so many in all. Default 2
#       --webhook URL   posts JSON there when the state changes: {"state","service","at","text","anomalies","advice"}, where state is
#                       well, anomalies or unknown. Default QUOTA_WEBHOOK_URL, which others on the machine do not see
#       --state FILE    where the last state is kept. Default a file of this service in ~/.local/state/quota-functions
#   -h, --help          this
# Exits with 0 when all is well, 1 when there are anomalies or the service is not healthy, 2 when it cannot tell, or not reach the webhook.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"

webhook=${QUOTA_WEBHOOK_URL:-} state_file='' days=2
passed_on=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    -u | --url | -t | --token | --token-file | --days | --time-zone | --lang | --webhook | --state) ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
  [[ $# -ge 2 ]] || fail "$1 needs a value" 2
  case $1 in
    -u | --url) url=${2%/} ;;
    # By the environment, where the other script's command line does not show it
    -t | --token) export ADMIN_TOKEN=$2 ;;
    --days) days=$2 ;;
    --webhook) webhook=$2 ;;
    --state) state_file=$2 ;;
    *) passed_on+=("$1" "$2") ;;
  esac
  shift 2
done
[[ ! $webhook || $webhook =~ ^https?://[^[:space:]\"\\]+$ ]] || fail '--webhook must be an http or https address' 2
need_tools
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

code=0
"$(dirname "${BASH_SOURCE[0]}")/monitor-quota-usage.sh" --url "$url" --output "$folder/report" --days "$days" \
  ${passed_on[@]+"${passed_on[@]}"} >/dev/null 2>"$folder/trouble" || code=$?

# The lines under a heading of the report
section() { # heading, in both languages
  sed -nE "/^($1)\$/,/^\$/p" "$folder/report" | sed '1,2d;/^$/d'
}

case $code in
  0) state=well ;;
  1)
    state=anomalies
    grep -E '^(服务状态|Status): ❌' "$folder/report" >"$folder/anomalies" || true
    section '异常检测|Anomalies' | grep '^⚠️' >>"$folder/anomalies" || true
    section '建议操作|Advice' >"$folder/advice"
    grep -E '^(生成时间|Generated|服务地址|Service): ' "$folder/report"
    cat "$folder/anomalies" "$folder/advice"
    ;;
  *)
    code=2 state=unknown
    cat "$folder/trouble" >&2
    cp "$folder/trouble" "$folder/anomalies"
    ;;
esac
[[ $webhook ]] || exit "$code"

# ---- the webhook, once for each state: anomalies of which only figures have changed are the same ones

touch "$folder/anomalies" "$folder/advice"
if [[ ! $state_file ]]; then
  state_home=${XDG_STATE_HOME:-${HOME:+$HOME/.local/state}}
  [[ $state_home ]] || fail 'there is no HOME: give --state FILE' 2
  state_file=$state_home/quota-functions/$(cksum <<<"$url" | cut -d ' ' -f 1)
fi
state_folder=$(dirname "$state_file")
# Before the post: without a state it would be posted again and again
mkdir -p "$state_folder" 2>/dev/null || true
[[ -w $state_folder && ! -d $state_file ]] || fail "$state_file cannot be written: give another --state" 2
now="$state $(tr -d '0-9.' <"$folder/anomalies" | cksum)"
before=$(cat "$state_file" 2>/dev/null) || before="well $(cksum </dev/null)"
[[ $now != "$before" ]] || exit "$code"

jq --null-input --compact-output --arg state "$state" --arg service "$url" \
  --rawfile anomalies "$folder/anomalies" --rawfile advice "$folder/advice" '
  def lines: split("\n") | map(select(. != ""));
  {state: $state, service: $service, at: (now | todate), text: "\($service): \([$state] + ($anomalies | lines) | join("\n"))",
   anomalies: ($anomalies | lines), advice: ($advice | lines)}' >"$folder/body"

# The address may be a secret, as Slack's is: not on a command line. The state is kept once the post was taken, and else posted the next time.
curl --silent --fail --max-time 30 --output /dev/null --header 'Content-Type: application/json' --data-binary "@$folder/body" --config - \
  <<<"url = \"$webhook\"" || fail 'the webhook did not take the post: it is tried again the next time' 2
echo "$now" >"$folder/state"
mv -f "$folder/state" "$state_file"
exit "$code"
