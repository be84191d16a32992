# shellcheck shell=bash
# Sourced by the scripts that build and run the service; from here on they are at the repository's root.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

fail() { # what, exit code
  echo "scripts/${0##*/}: $1" >&2
  exit "${2:-1}"
}

require_tools() {
  local tool
  for tool in dotnet node npm; do
    command -v "$tool" >/dev/null || fail "$tool is missing: the .NET 10 SDK, and Node 20 or later with npm, are needed"
  done
}

# At the version of the lock file
fetch_azurite() {
  if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
    npm ci --no-audit --no-fund --loglevel=error
  fi
}

# For the tests that look at pages and mails
fetch_chromium() {
  if ! command -v chromium >/dev/null; then
    local -x DEBIAN_FRONTEND=noninteractive
    { apt-get install -y --no-install-recommends chromium || { apt-get update && apt-get install -y --no-install-recommends chromium; }; } >&2 ||
      fail 'chromium is missing, and could not be installed: install the package chromium'
  fi
}

# For what is compared to it. Where it cannot be had, that is left out.
fetch_redis() {
  if ! command -v redis-server >/dev/null; then
    local -x DEBIAN_FRONTEND=noninteractive
    { apt-get install -y --no-install-recommends redis-server || { apt-get update && apt-get install -y --no-install-recommends redis-server; }; } >&2 ||
      echo "scripts/${0##*/}: redis-server is missing, and could not be installed: it is left out" >&2
  fi
}

# The number of rounds: the first argument, else 100
rounds_of() {
  local rounds=${1:-100}
  [[ $rounds =~ ^[1-9][0-9]*$ ]] || fail 'ROUNDS must be a whole number above 0' 2
  echo "$rounds"
}
