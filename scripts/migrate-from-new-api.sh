#!/usr/bin/env bash
# Moves the tokens of new-api, with their quotas, into a running service: they go on working.
# Usage: scripts/migrate-from-new-api.sh [options] FILE
#   FILE                   its answers to GET /api/token/, all pages, one after the other, with those to POST /api/token/batch/keys where it masks keys
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

migrate new-api "$@"
