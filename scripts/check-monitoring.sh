#!/usr/bin/env bash
# Checks infra/monitoring with Prometheus's and Alertmanager's own tools, and runs the tests of the alert rules.
# Usage: scripts/check-monitoring.sh
# Exits with 0 when all is right.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

[[ $# -eq 0 ]] || fail 'usage: scripts/check-monitoring.sh' 2

promtool() { scripts/debian-program.sh prometheus promtool "$@"; }
amtool() { scripts/debian-program.sh prometheus-alertmanager amtool "$@"; }

# promtool wants the token's file to be there
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp infra/monitoring/*.yml "$copy"
touch "$copy/quotafunctions-metrics-token"

promtool check config "$copy/prometheus.yml"
promtool test rules "$copy/alerts.test.yml"
amtool check-config "$copy/alertmanager.yml"
for route in critical=on-call warning=mail info=mail; do
  amtool config routes test --config.file "$copy/alertmanager.yml" --verify.receivers="${route#*=}" severity="${route%=*}" 2>/dev/null ||
    fail "alerts of severity ${route%=*} do not reach ${route#*=}"
done

# Each rule has a test that says when it fires
sed -n 's/^ *- alert: //p' infra/monitoring/alerts.yml | while read -r alert; do
  grep -q "ALERTS{alertname=\"$alert\"" infra/monitoring/alerts.test.yml || fail "alerts.test.yml has no test of $alert"
done
