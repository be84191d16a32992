# shellcheck shell=bash
# Sourced by the scripts that move the keys of an earlier system: lib/migrate/main.mjs makes an import of them, and POST /manage/import takes it.
# shellcheck source-path=SCRIPTDIR source=admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/admin-client.sh"

# The whole script. Exits with 0, 1 or 2 as the scripts say in their help.
migrate() { # kind of system, the script's arguments
  local kind=$1 file='' dry_run=false converted=0
  shift
  while [[ $# -gt 0 ]]; do
    case $1 in
      -h | --help)
        usage
        exit 0
        ;;
      --dry-run)
        dry_run=true
        shift
        ;;
      -u | --url | --token-file)
        [[ $# -ge 2 ]] || fail "$1 needs a value" 2
        if [[ $1 == --token-file ]]; then token_file=$2; else url=${2%/}; fi
        shift 2
        ;;
      -*) fail "unknown argument $1; see --help" 2 ;;
      *)
        [[ ! $file ]] || fail 'one file at a time; see --help' 2
        file=$1
        shift
        ;;
    esac
  done
  [[ $file ]] || fail 'which file? see --help' 2
  need_tools
  command -v node >/dev/null || fail 'node is missing: Node 20 or later is needed' 2
  read_token

  # It has the hashes of secrets, and nothing by which anybody could call
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  node "$(dirname "${BASH_SOURCE[0]}")/migrate/main.mjs" "$kind" "$file" >"$work/keys" || converted=$?
  ((converted <= 1)) || fail 'nothing was moved' 2
  gzip "$work/keys"

  status=$(authorization | curl --silent --show-error --max-time 3600 --request POST --header 'Content-Type: application/x-ndjson' --header 'Content-Encoding: gzip' \
    --data-binary "@$work/keys.gz" --output "$work/answer" --write-out '%{http_code}' --config - \
    "$url/manage/import?dry_run=$dry_run") || fail "$url does not answer, or broke off: run it again, it goes on where it stopped" 2
  [[ $status == 200 ]] || fail "$url refuses: status $status $(jq --raw-output '.errors // .detail // "" | tostring' "$work/answer" 2>/dev/null)" 2
  answer=$(tail -n 1 "$work/answer")
  jq --exit-status 'has("imported")' <<<"$answer" >/dev/null 2>&1 || fail "$(jq --raw-output '.error // "the answer broke off"' <<<"$answer" 2>/dev/null)" 2

  jq --raw-output '(.conflicts[] | "skipped: \(.account): \(.reason)"),
    "\(.imported) keys \(if .dry_run then "would be moved" else "moved" end), \(.already_imported) are there already, \(.skipped) skipped"' <<<"$answer"
  if ((converted)) || [[ $(jq .skipped <<<"$answer") != 0 ]]; then exit 1; fi
}
