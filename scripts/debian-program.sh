#!/usr/bin/env bash
# A program of a Debian package: the machine's own, else that of the package, unpacked into .local. So nothing is installed, and no server starts.
# Usage: scripts/debian-program.sh PACKAGE PROGRAM [ARGUMENTS]
#   scripts/debian-program.sh prometheus promtool check metrics < FILE
set -euo pipefail
here=$PWD
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

[[ $# -ge 2 ]] || fail 'usage: scripts/debian-program.sh PACKAGE PROGRAM [ARGUMENTS]' 2
package=$1 name=$2
shift 2

# Takes its place when all of it is there. Each step is asked for: within a condition, "set -e" does not hold.
unpack() { # folder
  rm -rf "$1.new" && mkdir -p "$1.new" && cd "$1.new" &&
    { apt-get download "$package" || { apt-get update && apt-get download "$package"; }; } &&
    dpkg-deb -x "$package"_*.deb . && rm -f ./*.deb && mv "$1.new" "$1"
}

if ! program=$(command -v "$name"); then
  program=$PWD/.local/$package/usr/bin/$name
  if [[ ! -x $program ]]; then
    # Tests ask for it at the same time
    mkdir -p .local
    (flock 9 && { [[ -x $program ]] || unpack "$PWD/.local/$package"; }) 9>".local/$package.lock" >&2 ||
      fail "$name is missing, and could not be had from Debian: install the package $package"
  fi
fi
cd "$here"
exec "$program" "$@"
