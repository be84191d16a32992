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

# Servers of Debian's with what they depend on, unpacked into .local/debian: nothing is installed, and none is started.
# After "--" what comes without its dependencies. Each step is asked for: within a condition, "set -e" does not hold.
fetch_debian() { # packages
  local folder=$PWD/.local/debian
  mkdir -p .local
  (
    flock 9 && {
      [[ $(cat "$folder/packages" 2>/dev/null) == "$*" ]] ||
        unpack_debian "$folder" "$@" || { apt-get update && unpack_debian "$folder" "$@"; }
    }
  ) 9>.local/debian.lock >&2 || fail "could not be had from Debian: $*"
}

# Takes its place when all of it is there
unpack_debian() { # folder, packages
  local folder=$1 packages="${*:2}" whole=() needed package
  shift
  while [[ $# -gt 0 && $1 != -- ]]; do
    whole+=("$1")
    shift
  done
  rm -rf "$folder.new" && mkdir "$folder.new" && cd "$folder.new" || return
  needed=$(apt-get -s -q install --no-install-recommends "${whole[@]}" | awk '/^Inst/ { print $2 }') || return
  # shellcheck disable=SC2086 # names, without blanks in them
  apt-get -q download $needed "${@:2}" || return
  for package in ./*.deb; do
    dpkg-deb -x "$package" . && rm "$package" || return
  done
  echo "$packages" >packages && rm -rf "$folder" && mv "$folder.new" "$folder"
}

# What the service is compared to
fetch_peers() {
  fetch_debian nginx libnginx-mod-http-lua redis-server -- lua-nginx-redis
}

# The number of rounds: the first argument, else 100
rounds_of() {
  local rounds=${1:-100}
  [[ $rounds =~ ^[1-9][0-9]*$ ]] || fail 'ROUNDS must be a whole number above 0' 2
  echo "$rounds"
}
