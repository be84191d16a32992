#!/usr/bin/env bash
# Checks the Dockerfile, infra/compose.yaml, infra/Caddyfile and infra/kubernetes/ by schema and linter. Nothing is built or started.
# Usage: scripts/check-containers.sh
# Exits with 0 when all is right.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

[[ $# -eq 0 ]] || fail 'usage: scripts/check-containers.sh' 2
require_tools

checks=infra/checks
if [[ ! $checks/node_modules/.package-lock.json -nt $checks/package-lock.json ]]; then
  npm ci --prefix "$checks" --ignore-scripts --no-audit --no-fund --loglevel=error
fi

failed=0
check() { # what, command
  local what=$1 said
  shift
  if said=$("$@" 2>&1); then
    echo "ok      $what"
  else
    printf 'FAILED  %s\n%s\n' "$what" "$said"
    failed=1
  fi
}

# Its linter tells what it finds, and ends well all the same
# shellcheck disable=SC2317 # called by "check"
dockerfile() {
  local said
  said=$(node "$checks/node_modules/dockerfile-utils/bin/dockerfile-utils" lint Dockerfile)
  [[ -z $said ]] || { echo "$said" && return 1; }
}
# shellcheck disable=SC2317
caddyfile() {
  DOMAIN=quota.example.com scripts/debian-program.sh caddy caddy validate --config infra/Caddyfile --adapter caddyfile &&
    scripts/debian-program.sh caddy caddy fmt infra/Caddyfile | cmp -s - infra/Caddyfile
}

check Dockerfile dockerfile
check 'infra/compose.yaml' node "$checks/node_modules/dclint/bin/dclint.cjs" --config "$checks/dclint.json" --max-warnings 0 infra/compose.yaml
check 'infra/Caddyfile' caddyfile
check 'infra/kubernetes' node "$checks/kubernetes.mjs" infra/kubernetes
exit "$failed"
