#!/usr/bin/env bash
# Gathers what helps to find out what is wrong into one archive: health, queues, alerts, retention, settings, metrics, the machine. It holds no secret: what is
# known as one, or looks like one, is taken out. No log of requests, no names of keys.
# Usage: scripts/collect-diagnostics.sh [options]
#   -u, --url URL       the service. Default QUOTA_URL, else http://127.0.0.1:8787
#   --token-file FILE   holds an admin token, which may be a read-only one. Default: as monitor-quota-usage.sh finds it
#   -o, --output FILE   the archive. Default quota-diagnostics-YYYYMMDD-HHMMSS.tar.gz here
#   -h, --help          this
# Exits with 0 when the archive is there, 1 when some of it could not be had (the archive says what), 2 when the call is wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"

output=quota-diagnostics-$(date --utc +%Y%m%d-%H%M%S).tar.gz
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    -u | --url | --token-file | -o | --output) ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
  [[ $# -ge 2 && $2 ]] || fail "$1 needs a value" 2
  case $1 in
    -u | --url) url=${2%/} ;;
    --token-file) token_file=$2 ;;
    -o | --output) output=$2 ;;
  esac
  shift 2
done
need_tools
read_reading_token

umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/diagnostics"
code=0

# The service: what a route says, or why it says nothing
for route in health api/credentials/status metrics manage/health manage/queues manage/storage manage/alerts manage/retention manage/settings; do
  file=$folder/diagnostics/service-${route//\//-}.txt
  if ! fetch "/$route" "$file" 30; then
    echo 'no answer' >"$file"
    code=1
  elif [[ $status != 200 ]]; then
    printf '\nstatus %s\n' "$status" >>"$file"
    code=1
  fi
done

# The machine. Of settings only the names: a value may be a secret.
{
  date --utc
  uname -a
  uptime
  nproc
  df -h .
  free -m
  for tool in dotnet node func docker; do
    command -v "$tool" >/dev/null && echo "$tool: $("$tool" --version 2>/dev/null | head -n 1)"
  done
} >"$folder/diagnostics/machine.txt" 2>/dev/null || true
settings=$(dirname "${BASH_SOURCE[0]}")/../local.settings.json
{
  echo 'set in the environment:'
  compgen -e | grep -E '^(ADMIN_|ALERT_|Admin|AzureWebJobs|CLIENT_|DefaultProvider|ENABLE_|FUNCTIONS_|IP_RATE|LOG_LEVEL|MAIL_|METRICS_|OTEL_|PROXY_|Providers__|QUOTA_|REPORT_|Routes__|SMTP_|TABLE_)' || true
  echo 'set in local.settings.json:'
  jq --raw-output '.Values // {} | keys[]' "$settings" 2>/dev/null || true
} >"$folder/diagnostics/settings-names.txt"

# What is known as a secret: the token, and the values of settings that are secrets by their names
{
  printf '%s\n' "$admin_token"
  while IFS= read -r name; do
    printf '%s\n' "${!name}"
  done < <(compgen -e | grep -iE '(token|key|secret|password|storage|connection|webhook|sas)' || true)
  jq --raw-output '.Values // {} | to_entries[] | select(.key | test("token|key|secret|password|storage|connection|webhook|sas"; "i")) | .value' "$settings" 2>/dev/null || true
} | awk 'length($0) >= 8' | LC_ALL=C sort -u >"$folder/secrets"

# What looks like one: keys of the service and of vendors, bearer tokens, passwords in addresses, keys of storage accounts
for file in "$folder"/diagnostics/*; do
  awk '
    NR == FNR { secrets[++count] = $0; next }
    {
      for (i = 1; i <= count; i++) {
        while ((at = index($0, secrets[i])) > 0) $0 = substr($0, 1, at - 1) "(removed)" substr($0, at + length(secrets[i]))
      }
      print
    }' "$folder/secrets" "$file" |
    sed -E -e 's/[a-z][a-z0-9]{1,15}_[0-9A-Za-z]{49}/(removed)/g' -e 's/(sk|pk|rk)-[0-9A-Za-z_-]{16,}/(removed)/g' -e 's/AIza[0-9A-Za-z_-]{30,}/(removed)/g' \
      -e 's/(Bearer|Basic) +[0-9A-Za-z._~+\/=-]{8,}/\1 (removed)/g' -e 's/((AccountKey|SharedAccessSignature|sig|InstrumentationKey|password)=)[^;&" ]+/\1(removed)/gI' \
      -e 's#(https?://)[^/@" ]+@#\1(removed)@#g' >"$folder/clean"
  mv "$folder/clean" "$file"
done

tar --create --gzip --file "$output" --directory "$folder" diagnostics || fail "$output cannot be written" 2
echo "$output"
((code == 0)) || fail 'some of it could not be had: the archive says what'
