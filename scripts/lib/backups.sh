# shellcheck shell=bash disable=SC2034 # what is set here is used by the scripts
# Sourced by the scripts that make, check and bring back backups: after admin-client.sh, which has fail.
# A backup is an export (docs/backup.md), packed, with the moment (UTC) in its name: so names in their order are the oldest first.

default_backups=${QUOTA_BACKUP_DIR:-${HOME:-.}/.local/share/quota-functions/backups}

need_backup_tools() {
  local tool
  for tool in gzip sha256sum stat; do
    command -v "$tool" >/dev/null || fail "$tool is missing" 2
  done
}

# The backups in a folder, the oldest first
list_backups() { # folder
  find "$1" -maxdepth 1 -type f -name 'quota-[0-9]*T[0-9]*Z.ndjson.*' | LC_ALL=C sort
}

# The plain text of a file, packed or not
unpacked() { # file
  case $1 in
    *.gz) gzip --decompress --stdout -- "$1" ;;
    *.zst) command -v zstd >/dev/null || fail 'zstd is missing' 2 && zstd --decompress --stdout --quiet -- "$1" ;;
    *) cat -- "$1" ;;
  esac
}

# Whether a file is a whole export: its last line says how many lines are before it, and what they come to.
check_export() { # file
  local end lines sha256
  # Read twice: a large file fits in no variable
  end=$(unpacked "$1" | tail -n 1) || return 1
  lines=$(jq --exit-status 'select(.type == "end") | .lines' <<<"$end" 2>/dev/null) || return 1
  sha256=$(unpacked "$1" | head -n -1 | sha256sum) || return 1
  [[ ${sha256%% *} == "$(jq --raw-output .sha256 <<<"$end")" ]] || return 1
  [[ $(unpacked "$1" | wc -l) == $((lines + 1)) ]]
}

# Whole hours since a backup was begun
age_in_hours() { # file
  local name=${1##*/quota-} begun
  begun=$(date --utc --date "${name:0:4}-${name:4:2}-${name:6:2}T${name:9:2}:${name:11:2}:${name:13:2}Z" +%s) || return 1
  echo $((($(date +%s) - begun) / 3600))
}
