#!/usr/bin/env bash
# The usage report of a running service: health, each key's figures, totals, anomalies, advice. Prints it, and keeps it in a file.
# Usage: scripts/monitor-quota-usage.sh [options]
#   -u, --url URL         the service. Default QUOTA_URL, else http://127.0.0.1:8787
#   -t, --token TOKEN     an admin or read-only token. Others on the machine see it on the command line: better one of these
#       --token-file FILE   the file that holds it
#                         Default: ADMIN_TOKEN or ADMIN_READONLY_TOKEN; for a service of this machine the one that start.sh keeps
#   -o, --output FILE     the file. Default /tmp/quota-usage-report-YYYYMMDD-HHMMSS.txt
#       --days N          today and the days before, so many in all, 1 to 366. Default 7
#       --period WORD     instead: the last whole day, week or month
#       --time-zone ZONE  whose days, such as Europe/Zurich. Default UTC
#       --lang LANG       en or zh. Default REPORT_LANGUAGE, else what the service has set
#   -v, --verbose         says on standard error what it does
#   -d, --dry-run         says what it would ask and write, and does nothing
#   -h, --help            this
# Exits with 0 when all is well, 1 when there are anomalies or the service is not healthy, 2 when it cannot tell.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"

# What a platform allows an answer to take: 230 s on Azure
most_seconds=230
many_keys=1000

output='' language=${REPORT_LANGUAGE:-} days=7 period='' zone='' verbose='' dry_run=''
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    -v | --verbose) verbose=1 ;;
    -d | --dry-run) dry_run=1 ;;
    -u | --url | -t | --token | --token-file | -o | --output | --days | --period | --time-zone | --lang)
      [[ $# -ge 2 ]] || fail "$1 needs a value" 2
      case $1 in
        -u | --url) url=${2%/} ;;
        -t | --token) token=$2 ;;
        --token-file) token_file=$2 ;;
        -o | --output) output=$2 ;;
        --days) days=$2 ;;
        --period) period=$2 ;;
        --time-zone) zone=$2 ;;
        --lang) language=$2 ;;
      esac
      shift
      ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
  shift
done
[[ $language =~ ^(|en|zh)$ ]] || fail '--lang must be en or zh' 2
[[ $period =~ ^(|day|week|month)$ ]] || fail '--period must be day, week or month' 2
[[ $days =~ ^[1-9][0-9]{0,2}$ && $days -le 366 ]] || fail '--days must be 1 to 366' 2
[[ $zone =~ ^[A-Za-z0-9_+/-]*$ ]] || fail '--time-zone must be a name such as Europe/Zurich' 2
need_tools

output=${output:-/tmp/quota-usage-report-$(date +%Y%m%d-%H%M%S).txt}
[[ $output == /* ]] || output=$PWD/$output
[[ -d ${output%/*}/ && -w ${output%/*}/ ]] || fail "there is no folder ${output%/*} that can be written to" 2
[[ ! -d $output ]] || fail "$output is a folder" 2

if [[ $period ]]; then
  query=period=$period
else
  query=from=$(TZ=${zone:-UTC} date +%F | jq --raw-input --raw-output --argjson days "$days" \
    'strptime("%Y-%m-%d") | mktime - ($days - 1) * 86400 | strftime("%Y-%m-%d")')
fi
query="/manage/reports/current?format=text&$query${language:+&language=$language}${zone:+&time_zone=${zone//+/%2B}}"

read_reading_token
if [[ $dry_run ]]; then
  echo "would ask GET $url/health"
  echo "would ask GET $url$query with the token of $token_source"
  echo "would write $output"
  exit 0
fi

say() {
  if [[ $verbose ]]; then echo "scripts/${0##*/}: $1" >&2; fi
}

# Files beside the output, so that the finished one takes its place at once
report=$(mktemp "${output%/*}/.quota-usage-report.XXXXXX")
finished=$(mktemp "${output%/*}/.quota-usage-report.XXXXXX")
ticker=''
# shellcheck disable=SC2317 # called by the trap
clean_up() {
  end_progress
  rm -f "$report" "$finished"
}

# How long it takes already, on a terminal
show_progress() { # what
  [[ -t 2 ]] || return 0
  (
    for ((second = 0; ; second++)); do
      printf '\r%s … %d s' "$1" "$second" >&2
      sleep 1
    done
  ) &
  ticker=$!
}
end_progress() {
  if [[ $ticker ]]; then
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    printf '\r\033[K' >&2
    ticker=''
  fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

unreachable() {
  fail "$url does not answer: see whether the service runs, and whether --url is right" 2
}

# ---- is it well?

healthy=''
fetch /health "$report" 30 || unreachable
say "GET /health: $status"
case $status in
  200) healthy=1 ;;
  503) ;;
  *) fail "$url is not the service, or not well: GET /health is answered by $status" 2 ;;
esac

# ---- the report

fetch '/manage/keys?limit=1' "$report" 60 || unreachable
case $status in
  200) keys=$(jq '.total' "$report" 2>/dev/null) || keys=0 ;;
  401 | 403) fail "$url does not take the token of $token_source: status $status" 2 ;;
  *) fail "$url cannot tell at the moment: GET /manage/keys is answered by $status; see $url/health" 2 ;;
esac
say "keys: $keys"

if [[ $keys =~ ^[0-9]+$ && $keys -gt $many_keys ]]; then
  show_progress "Adding up $keys keys"
fi
fetch "$query" "$report" "$most_seconds" || {
  end_progress
  fail "$url gave no report within $most_seconds s: ask for fewer --days" 2
}
end_progress
say "GET $query: $status, $(wc -c <"$report") bytes"
[[ $status == 200 ]] || {
  why=$(jq --raw-output '[(.errors? // {} | to_entries[] | "\(.key) \(.value[0])"), .detail?] | map(strings) | .[0] // ""' "$report" 2>/dev/null) || why=
  fail "$url gave no report: status $status${why:+, $why}" 2
}

# The service's address as it was asked, and the file; the status as it was just seen
url=$url output=$output healthy=$healthy awk '
  !language && /^(生成时间|Generated): / {
    language = /^Generated/ ? "en" : "zh"
    print
    print (language == "en" ? "Service: " : "服务地址: ") ENVIRON["url"]
    print (language == "en" ? "Report file: " : "报告文件: ") ENVIRON["output"]
    next
  }
  language && !service && /^(服务地址|Service): / { service = 1; next }
  language && !told && /^(服务状态|Status): / {
    told = 1
    if (!ENVIRON["healthy"]) $0 = language == "en" ? "Status: ❌ unavailable" : "服务状态: ❌ 不可用"
  }
  { print }
  END { exit !told }
' "$report" >"$finished" || fail "$url gave something else than a report" 2
grep -qE '^(异常检测|Anomalies)$' "$finished" || fail "$url gave something else than a report" 2

mv -f "$finished" "$output"
cat "$output"
say "written to $output"

anomalies=$(sed -nE '/^(异常检测|Anomalies)$/,/^(建议操作|Advice)$/p' "$output" | grep -c '^⚠️' || true)
say "anomalies: $anomalies"
[[ $healthy && $anomalies -eq 0 ]]
