#!/usr/bin/env bash
# Prometheus's promtool: the machine's own, else that of Debian's package, unpacked into .local. So nothing is installed, and no server starts.
# Usage: scripts/promtool.sh check metrics < FILE
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

unpack() { # folder
  mkdir -p "$1"
  cd "$1"
  apt-get download prometheus || { apt-get update && apt-get download prometheus; }
  dpkg-deb -x prometheus_*.deb .
}

promtool=$(command -v promtool) || promtool=$PWD/.local/prometheus/usr/bin/promtool
if [[ ! -x $promtool ]]; then
  (unpack .local/prometheus) >&2 || fail 'promtool is missing, and could not be had from Debian: install the package prometheus'
fi
exec "$promtool" "$@"
