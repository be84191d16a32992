#!/usr/bin/env bash
# Checks the list of the vendors' prices, prices.json: that it is well-formed, and that it knows every model that a vendor offers.
# Usage: scripts/check-prices.sh [--models FILE --vendor VENDOR] [--url URL --provider PROVIDER --vendor VENDOR] [--quiet]
#   -m, --models FILE          the vendor's models: its answer to GET /v1/models, or one name a line; - reads them from the standard input
#   -p, --provider PROVIDER    asks a running service for the models of this provider, with the key in QUOTA_KEY
#   -u, --url URL              the service. Default QUOTA_URL, else http://127.0.0.1:8787
#   -v, --vendor VENDOR        whose models they are: openai, anthropic, gemini, deepseek, qwen. Default the provider's name
#   -q, --quiet                prints only what is missing
#   -h, --help                 this
# Exits with 0 when nothing is missing, 1 when the list is not well-formed or a model is neither priced nor left out on purpose (not_priced),
# 2 when it cannot tell: the service does not answer, or the call is wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"

list=$(dirname "${BASH_SOURCE[0]}")/../prices.json
models='' provider='' vendor='' quiet=0
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
    -m | --models | -p | --provider | -u | --url | -v | --vendor)
      [[ $# -ge 2 ]] || fail "$1 needs a value" 2
      case $1 in
        -m | --models) models=$2 ;;
        -p | --provider) provider=$2 ;;
        -u | --url) url=${2%/} ;;
        *) vendor=$2 ;;
      esac
      shift 2
      ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
done
need_tools

# Every price is there and none is below 0; what is read from a cache is not dearer than what is not; nothing has a name that means nothing
faults=$(jq --raw-output '
  def rates: [.input, .output, .cached // 0, .cache_write // 0, .cache_write_1h // 0, .request // 0, .max_output // 1];
  def sound: (.input | type) == "number" and (.output | type) == "number" and all(rates[]; type == "number" and . >= 0) and (.cached // 0) <= .input;
  .vendors | to_entries[] | .key as $vendor
    | (if (.value.sources | length) == 0 then "\($vendor) has no sources" else empty end),
      (.value.models[]
        | (.names // ["a model without a name"]) as $names
        | select((.names | length) == 0 or (sound | not) or any(.long_prompts // [] | .[]; (.above | type) != "number" or (sound | not))
            or (keys - ["names", "input", "output", "cached", "cache_write", "cache_write_1h", "request", "max_output", "long_prompts", "until", "unverified"] | length) > 0)
        | "\($vendor): \($names | join(", ")) is not well-formed")' "$list") || fail 'prices.json is no list of prices'
if [[ -n $faults ]]; then
  echo "$faults"
  exit 1
fi

((quiet)) || jq --raw-output '"ok       \([.vendors[].models[].names[]] | unique | length) models of \(.vendors | length) vendors, checked on \(.checked)"' "$list"
[[ -n $models || -n $provider ]] || exit 0

vendor=${vendor:-$provider}
jq --exit-status --arg vendor "$vendor" '.vendors | has($vendor)' "$list" >/dev/null || fail "--vendor must be one of $(jq --raw-output '.vendors | keys | join(", ")' "$list")" 2
if [[ -n $provider ]]; then
  [[ -n ${QUOTA_KEY:-} ]] || fail 'QUOTA_KEY is missing: a key that may list the models' 2
  answer=$(curl --silent --fail --max-time 60 --header @- "$url/providers/$provider/v1/models" <<<"X-API-Key: $QUOTA_KEY") || fail "$url does not list the models of $provider" 2
elif [[ $models == - ]]; then
  answer=$(cat)
else
  answer=$(cat "$models") || fail "$models cannot be read" 2
fi

# OpenAI's list, Google's, or plain names
names=$(jq --raw-output '(.data // .models)[] | .id // .name | ltrimstr("models/")' <<<"$answer" 2>/dev/null) || names=$answer
code=0
while IFS=$'\t' read -r state model; do
  case $state in
    missing)
      echo "missing  $model: add it to models or not_priced of $vendor in prices.json"
      code=1
      ;;
    *) ((quiet)) || echo "$state  $model" ;;
  esac
done < <(jq --raw-output --raw-input --arg vendor "$vendor" --slurpfile list "$list" '
  $list[0].vendors[$vendor] as $known
    | select(. != "")
    | ascii_downcase as $model
    | sub("-([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}|[0-9]{3,4})$"; "") as $name
    | [$known.models[].names[]] as $priced
    | (if any($priced[]; . == $model or . == ($name | ascii_downcase)) then "priced  "
       elif any($known.not_priced[]; . as $pattern | $model | test("^" + ($pattern | gsub("\\."; "\\.") | gsub("\\*"; ".*")) + "$")) then "left out"
       else "missing" end) + "\t" + .' <<<"$names")
exit "$code"
