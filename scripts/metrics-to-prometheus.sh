#!/usr/bin/env bash
# Writes the service's metrics to a file for node exporter's textfile collector, where Prometheus cannot scrape the service itself. For cron.
# Usage: scripts/metrics-to-prometheus.sh [-u URL] [-o FILE]
#   -u, --url URL       the service. Default http://127.0.0.1:8787
#   -o, --output FILE   the file. Default /var/lib/prometheus/node-exporter/quota-functions.prom
# The token is METRICS_TOKEN or ADMIN_TOKEN of the environment. Without one, what names a key is left out.
# Exits with 0; with 1 where the service gave no metrics, and then the file is as it was; with 2 on arguments that make no sense.
set -euo pipefail

here=$PWD
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

url=http://127.0.0.1:8787 output=/var/lib/prometheus/node-exporter/quota-functions.prom
while [[ $# -gt 0 ]]; do
  case $1 in
    -u | --url | -o | --output)
      [[ $# -ge 2 ]] || fail "$1 needs a value" 2
      if [[ $1 == -u || $1 == --url ]]; then url=$2; else output=$2; fi
      shift 2
      ;;
    -h | --help)
      sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/metrics-to-prometheus.sh
      exit 0
      ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
done
[[ $output == /* ]] || output=$here/$output
[[ -d ${output%/*} ]] || fail "there is no folder ${output%/*}" 2

# Beside the file, so that it takes its place at once; the collector reads only what ends in .prom
temporary=$(mktemp "${output%/*}/.quota-functions.XXXXXX")
trap 'rm -f "$temporary"' EXIT

# The token by standard input: everybody on the machine sees arguments. process_* is node exporter's own as well, with other help texts.
token=${METRICS_TOKEN:-${ADMIN_TOKEN:-}}
printf '%s' "${token:+Authorization: Bearer $token}" |
  curl --silent --show-error --fail --max-time 30 --header @- "${url%/}/metrics" |
  awk '{ name = $1 == "#" ? $3 : $1 } name !~ /^process_/' >"$temporary" || fail "$url gave no metrics"
[[ $(head -c 7 "$temporary") == '# HELP ' ]] || fail "$url gave something else than metrics"

chmod 644 "$temporary"
mv -f "$temporary" "$output"
