# shellcheck shell=bash disable=SC2034 # what is set here is used by the scripts
# Sourced by the scripts that call the management routes. They need curl and jq, and neither .NET nor Node.
# The admin token is never on a command line, where every process of the machine could read it: curl reads it from its standard input.

url=${QUOTA_URL:-http://127.0.0.1:8787}
url=${url%/}
token='' token_file='' token_source=''

fail() { # what, exit code
  echo "scripts/${0##*/}: $1" >&2
  exit "${2:-1}"
}

# Prints the comment at the head of the script
usage() {
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
}

need_tools() {
  local tool
  for tool in curl jq; do
    command -v "$tool" >/dev/null || fail "$tool is missing" 2
  done
}

# The token, from the file that was given, else from the environment
read_token() {
  if [[ $token_file ]]; then
    [[ -r $token_file ]] || fail "$token_file cannot be read" 2
    admin_token=$(<"$token_file")
  else
    admin_token=${ADMIN_TOKEN:-}
  fi
  [[ $admin_token =~ ^[[:graph:]]+$ ]] || fail 'set ADMIN_TOKEN to the admin token, or give the file that holds it with --token-file' 2
}

# The token for a script that only reads: the one that was given, else that of the environment; for a service of this machine also the one
# that scripts/start.sh keeps.
read_reading_token() {
  local settings
  settings=$(dirname "${BASH_SOURCE[0]}")/../../local.settings.json
  if [[ $token_file ]]; then
    [[ -r $token_file ]] || fail "$token_file cannot be read" 2
    admin_token=$(<"$token_file") token_source=$token_file
  elif [[ $token ]]; then
    admin_token=$token token_source=--token
  elif [[ ${ADMIN_TOKEN:-} ]]; then
    admin_token=$ADMIN_TOKEN token_source=ADMIN_TOKEN
  elif [[ ${ADMIN_READONLY_TOKEN:-} ]]; then
    admin_token=$ADMIN_READONLY_TOKEN token_source=ADMIN_READONLY_TOKEN
  elif [[ $url =~ ^https?://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?(/|$) && -r $settings ]]; then
    admin_token=$(jq --raw-output '.Values.ADMIN_TOKEN // ""' "$settings" 2>/dev/null) || admin_token=
    token_source=local.settings.json
  else
    admin_token=
  fi
  [[ $admin_token =~ ^[[:graph:]]+$ ]] ||
    fail 'no token: set ADMIN_TOKEN or ADMIN_READONLY_TOKEN, or give the file that holds one with --token-file' 2
}

# What curl reads from its standard input, so that the token is on no command line
authorization() {
  local escaped=${admin_token//\\/\\\\}
  echo "header = \"Authorization: Bearer ${escaped//\"/\\\"}\""
}

# Fetches something into a file, as large as it may be. The answer's status is left in $status. 1: there is no answer.
fetch() { # path, file, seconds
  status=$(authorization | curl --silent --max-time "$3" --output "$2" --write-out '%{http_code}' --config - "$url$1") || return 1
}

# One call. The answer's status is left in $status, its body in $answer. 1: there is no answer.
call() { # method, path, body
  local text
  text=$(
    authorization | curl --silent --show-error --max-time 60 --request "$1" --write-out '\n%{http_code}' \
      ${3:+--header 'Content-Type: application/json' --data-binary "$3"} --config - "$url$2"
  ) || return 1
  status=${text##*$'\n'} answer=${text%$'\n'*}
}

# Ends the script: the call was answered with a status that it should not have
fail_refused() {
  fail "$url refuses: status $status $(jq --raw-output '.detail? // ""' <<<"$answer" 2>/dev/null)" 2
}
