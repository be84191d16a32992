#!/usr/bin/env bash
# Tells how many backups there are, how large, and how old the newest one is. For cron and probes; asks no service.
# Usage: scripts/backup-status.sh [options]
#   -d, --dir FOLDER    where backups are. Default QUOTA_BACKUP_DIR, else ~/.local/share/quota-functions/backups
#   --max-age HOURS     how old the newest one may be. Default 26
#   --check             reads the newest one from its first line to its last
#   -h, --help          this
# Exits with 0 when the newest one is young enough (and whole, with --check), 1 when it is not or there is none, 2 when the call is wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/admin-client.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/admin-client.sh"
# shellcheck source-path=SCRIPTDIR source=lib/backups.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/backups.sh"

folder=$default_backups max_age=26 check=0
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --check)
      check=1
      shift
      continue
      ;;
    -d | --dir | --max-age) ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
  [[ $# -ge 2 && $2 ]] || fail "$1 needs a value" 2
  case $1 in
    -d | --dir) folder=${2%/} ;;
    --max-age)
      [[ $2 =~ ^[0-9]{1,6}$ ]] || fail '--max-age must be a whole number of hours' 2
      max_age=$2
      ;;
  esac
  shift 2
done
need_tools
need_backup_tools

[[ -d $folder ]] || fail "there is no folder $folder"
mapfile -t backups < <(list_backups "$folder")
((${#backups[@]} > 0)) || fail "there is no backup in $folder"
newest=${backups[-1]}
age=$(age_in_hours "$newest") || fail "the name of $newest tells no time"
bytes=$(stat --format %s -- "${backups[@]}" | awk '{ sum += $1 } END { printf "%.0f", sum }')
echo "${#backups[@]} backups, $bytes bytes in all; the newest is $newest, $(stat --format %s -- "$newest") bytes, $age hours old"
((age <= max_age)) || fail "the newest backup is older than $max_age hours"
if ((check)); then
  check_export "$newest" || fail "$newest is damaged"
  echo 'it is whole'
fi
