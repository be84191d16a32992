#!/usr/bin/env bash
# Moves the tokens of the earlier token service into a running service: they go on working with what was left of them.
# Usage: scripts/migrate-from-mysql-dump.sh [options] FILE
#   FILE                   what mysqldump wrote, unpacked: a table access_tokens (access_token, ws_id, email, quota_type, total_quota, remaining_quota, …)
#       --dry-run          says what would be moved, and changes nothing
#   -u, --url URL          the service. Default QUOTA_URL, else http://127.0.0.1:8787
#       --token-file FILE  holds the admin token. Default: it is in ADMIN_TOKEN
#   -h, --help             this
# What cannot be moved is listed. Run again, it moves what is not there yet, and nothing twice.
# Exits with 0 when all was moved, 1 when something is left behind, 2 when nothing could be: the call is wrong, the file cannot be read, the service
# refuses or does not answer.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/migrate.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/migrate.sh"

migrate mysql-dump "$@"
