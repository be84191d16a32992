#!/usr/bin/env bash
# Brings a backup back: checks it, has the service say what it would do, asks, and imports. Nothing that is there is overwritten. What was stopped is
# completed by the same call.
# Usage: scripts/restore.sh FILE [options]
#   FILE                a backup (.ndjson.gz, .ndjson.zst) or an export (.ndjson)
#   -u, --url URL       the service. Default QUOTA_URL, else http://127.0.0.1:8787
#   --token-file FILE   holds the admin token. Default: it is in ADMIN_TOKEN
#   -y, --yes           does not ask
#   --dry-run           only says what would be done
#   --part-bytes N      sends a larger file in parts of so many bytes at the most, unpacked. Default 40000000: docs/backup.md
#   -h, --help          this
# Exits with 0 when all of it is there now, 1 when the file is damaged, something was left alone (it says why), or the import stopped,
# 2 when the call is wrong, nobody answers the question, or the service does not answer.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"
# shellcheck source-path=SCRIPTDIR source=lib/backups.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/backups.sh"

file='' yes=0 dry_run=0 part_bytes=40000000
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    -y | --yes)
      yes=1
      shift
      continue
      ;;
    --dry-run)
      dry_run=1
      shift
      continue
      ;;
    -u | --url | --token-file | --part-bytes) ;;
    -*) fail "unknown argument $1; see --help" 2 ;;
    *)
      [[ ! $file ]] || fail 'one FILE only; see --help' 2
      file=$1
      shift
      continue
      ;;
  esac
  [[ $# -ge 2 && $2 ]] || fail "$1 needs a value" 2
  case $1 in
    -u | --url) url=${2%/} ;;
    --token-file) token_file=$2 ;;
    --part-bytes)
      [[ $2 =~ ^[1-9][0-9]{3,7}$ ]] || fail '--part-bytes must be a whole number from 1000 to 99999999' 2
      part_bytes=$2
      ;;
  esac
  shift 2
done
[[ $file ]] || fail 'usage: scripts/restore.sh FILE [options]' 2
[[ -r $file ]] || fail "$file cannot be read" 2
need_tools
need_backup_tools
read_token

check_export "$file" || fail "$file is damaged, cut, or no export"
echo "$file is whole"

# ---- parts that one request can bring, each with the first line and a last line of its own

umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The last line of what was read, as an export has it
end_of() { # file
  local counts
  counts=$(sed 1d "$1" | jq --null-input --compact-output 'reduce inputs as $line ({}; .[if $line.type == "row" then $line.table else $line.type end] += 1)')
  printf '{"type":"end","lines":%d,"counts":%s,"sha256":"%s"}\n' "$(wc -l <"$1")" "$counts" "$(sha256sum <"$1" | cut -d ' ' -f 1)"
}

if (($(unpacked "$file" | wc -c) <= part_bytes)); then
  unpacked "$file" | gzip >"$folder/part-1.gz" || fail "there is no room in $folder"
else
  unpacked "$file" | sed -n '1p;1q' >"$folder/first" 2>/dev/null || true
  # Never within a line, be it longer than a part
  unpacked "$file" | sed '1d;$d' | LC_ALL=C awk -v most="$part_bytes" -v name="$folder/lines-" '
    bytes && bytes + length($0) + 1 > most { close(file); part++; bytes = 0 }
    { file = sprintf("%s%05d", name, part); print >file; bytes += length($0) + 1 }' || fail "there is no room in $folder"
  for lines in "$folder"/lines-*; do
    cat "$folder/first" "$lines" >"$folder/part"
    { cat "$folder/part" && end_of "$folder/part"; } | gzip >"$folder/part-${lines##*-}.gz" || fail "there is no room in $folder"
    rm -f "$lines" "$folder/part"
  done
fi
parts=("$folder"/part-*.gz)
((${#parts[@]} == 1)) || echo "it is sent in ${#parts[@]} parts"

# Sends a part. The last line of the answer is left in $result; on a terminal it shows how far it is.
send() { # part, query
  local status line
  result=''
  authorization | curl --silent --no-buffer --connect-timeout 10 --speed-time 300 --speed-limit 1 --write-out '\n%{http_code}\n' \
    --header 'Content-Type: application/x-ndjson' --header 'Content-Encoding: gzip' --data-binary "@$1" --config - "$url/manage/import$2" >"$folder/answer" &
  local sending=$!
  while kill -0 "$sending" 2>/dev/null; do
    [[ ! -t 2 ]] || printf '\r\033[K%s' "$(tail -n 1 "$folder/answer" 2>/dev/null | jq --raw-output 'select(.step?) | "\(.step): \(.lines) of \(.total) lines"' 2>/dev/null)" >&2
    sleep 0.5
  done
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  wait "$sending" || fail "$url does not answer, or the connection was cut: call this again, it goes on where it stopped" 2
  status=$(tail -n 1 "$folder/answer")
  line=$(sed '$d' "$folder/answer" | sed '/^$/d' | tail -n 1)
  [[ $status == 200 ]] || fail "$url refuses: status $status $(jq --raw-output '[.detail?, (.errors? // {} | to_entries[] | "\(.key) \(.value | join(" "))")] | map(select(.)) | join(" ")' <<<"$line" 2>/dev/null)" "$([[ $status == 400 ]] && echo 1 || echo 2)"
  jq --exit-status 'has("imported")' <<<"$line" >/dev/null 2>&1 || fail "the import stopped: $(jq --raw-output '.error? // "no result"' <<<"$line" 2>/dev/null)"
  result=$line
}

# Sends all parts, and prints what became of them
send_all() { # query, word
  : >"$folder/results"
  local part
  for part in "${parts[@]}"; do
    send "$part" "$1"
    echo "$result" >>"$folder/results"
  done
  jq --slurp --raw-output --arg word "$2" \
    '"\(map(.imported) | add) \($word), \(map(.already_imported) | add) there by an earlier try, \(map(.skipped) | add) left alone", (.[].conflicts[] | "  \(.account): \(.reason)")' "$folder/results"
  skipped=$(jq --slurp 'map(.skipped) | add' "$folder/results")
}

send_all '?dry_run=true' 'keys and pools to be imported'
if ((dry_run)); then
  ((skipped == 0)) || exit 1
  exit 0
fi

if ((!yes)); then
  [[ -t 0 ]] || fail 'nobody is there to be asked: give --yes' 2
  read -r -p "Import into $url? [y/N] " reply
  [[ $reply == [yY]* ]] || fail 'nothing was imported' 2
fi
send_all '' 'keys and pools imported'
((skipped == 0)) || fail "$skipped keys and pools were left alone"
