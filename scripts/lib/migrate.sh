# shellcheck shell=bash
# Sourced by the scripts that move the keys of an earlier system: lib/migrate/main.mjs writes an export of them, and restore.sh imports it.

fail() { # what, exit code
  echo "scripts/${0##*/}: $1" >&2
  exit "${2:-1}"
}

# The whole script. Exits as the scripts say in their help.
migrate() { # kind of system, the script's arguments
  local kind=$1 file='' here converted=0 imported=0 options=(--yes)
  here=$(dirname "${BASH_SOURCE[0]}")
  shift
  while [[ $# -gt 0 ]]; do
    case $1 in
      -h | --help)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
        exit 0
        ;;
      --dry-run)
        options+=("$1")
        shift
        ;;
      -u | --url | --token-file)
        [[ $# -ge 2 ]] || fail "$1 needs a value" 2
        options+=("$1" "$2")
        shift 2
        ;;
      -*) fail "unknown argument $1; see --help" 2 ;;
      *)
        [[ ! $file ]] || fail 'one FILE only; see --help' 2
        file=$1
        shift
        ;;
    esac
  done
  [[ $file ]] || fail 'which FILE? see --help' 2
  command -v node >/dev/null || fail 'node is missing: Node 20 or later is needed' 2

  # It has the hashes of secrets, and nothing by which anybody could call
  umask 077
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  node "$here/migrate/main.mjs" "$kind" "$file" >"$folder/keys.ndjson" || converted=$?
  ((converted <= 1)) || fail 'nothing was moved' 2
  "$here/../restore.sh" "${options[@]}" "$folder/keys.ndjson" || imported=$?
  ((imported <= 1)) || fail 'not all was moved' 2
  exit $((converted | imported))
}
