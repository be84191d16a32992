#!/usr/bin/env bash
# Backs everything up: a packed file with the time in its name, which is there only once it is whole. Older ones go after it, by count and age.
# Usage: scripts/backup.sh [options]
#   -u, --url URL       the service. Default QUOTA_URL, else http://127.0.0.1:8787
#   --token-file FILE   holds the admin token. Default: it is in ADMIN_TOKEN
#   -d, --dir FOLDER    where backups are. Default QUOTA_BACKUP_DIR, else ~/.local/share/quota-functions/backups
#   --keep N            how many to keep at the most. Default 14
#   --days N            how many days to keep them, but always the newest. Default: no limit
#   --pack PROGRAM      gzip (default) or zstd
#   -h, --help          this
# Exits with 0 when there is a new backup, 1 when there is none (the older ones are as they were), 2 when the call is wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"
# shellcheck source-path=SCRIPTDIR source=lib/backups.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/backups.sh"

folder=$default_backups keep=14 days='' pack=gzip
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    -u | --url | --token-file | -d | --dir | --keep | --days | --pack) ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
  [[ $# -ge 2 && $2 ]] || fail "$1 needs a value" 2
  case $1 in
    -u | --url) url=${2%/} ;;
    --token-file) token_file=$2 ;;
    -d | --dir) folder=${2%/} ;;
    --keep)
      [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || fail '--keep must be a whole number from 1 on' 2
      keep=$2
      ;;
    --days)
      [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || fail '--days must be a whole number from 1 on' 2
      days=$2
      ;;
    --pack)
      [[ $2 == gzip || $2 == zstd ]] || fail '--pack must be gzip or zstd' 2
      pack=$2
      ;;
  esac
  shift 2
done
need_tools
need_backup_tools
command -v "$pack" >/dev/null || fail "$pack is missing" 2
read_token

# Names, addresses and hashes are nobody else's business
umask 077
mkdir -p "$folder" 2>/dev/null || fail "$folder cannot be made"
find "$folder" -maxdepth 1 -type f -name '.quota-*' -mtime +0 -delete # of runs that were killed

suffix=gz
[[ $pack == zstd ]] && suffix=zst
file=$folder/quota-$(date --utc +%Y%m%dT%H%M%SZ).ndjson.$suffix
[[ ! -e $file ]] || fail "$file is there already"
partial=$folder/.${file##*/}
trap 'rm -f "$partial"' EXIT

# Passes all of it on. On a terminal it tells how much has come.
tell_progress() {
  [[ -t 2 ]] || exec cat
  LC_ALL=C awk '{ print; bytes += length($0) + 1 }
    NR % 1000 == 0 { printf "\r%d lines, %.1f MB", NR, bytes / 1e6 >"/dev/stderr" }
    END { printf "\r\033[K" >"/dev/stderr" }'
}

authorization | curl --fail --show-error --no-progress-meter --connect-timeout 10 --speed-time 300 --speed-limit 1 --config - "$url/manage/export" |
  tell_progress | "$pack" --stdout >"$partial" || fail "$url could not be backed up, or the file not be written: the older backups are as they were"
check_export "$partial" || fail 'the backup is not whole: the older ones are as they were'
mv "$partial" "$file"
echo "$file: $(unpacked "$file" | tail -n 1 | jq --raw-output '"\(.lines) lines"'), $(stat --format %s "$file") bytes"

mapfile -t backups < <(list_backups "$folder")
for ((i = 0; i < ${#backups[@]} - 1; i++)); do
  if ((i < ${#backups[@]} - keep)) || { [[ $days ]] && (($(age_in_hours "${backups[i]}") >= 24 * days)); }; then
    rm -f -- "${backups[i]}"
    echo "${backups[i]}: deleted"
  fi
done
