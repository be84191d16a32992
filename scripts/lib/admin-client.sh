# shellcheck shell=bash disable=SC2034 # what is set here is used by the scripts
# Sourced by the scripts that call the management routes. They need curl and jq, and neither .NET nor Node.
# The admin token is never on a command line, where every process of the machine could read it: curl reads it from its standard input.

url=${QUOTA_URL:-http://127.0.0.1:8787}
token_file=

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

# One call. The answer's status is left in $status, its body in $answer. 1: there is no answer.
call() { # method, path, body
  local escaped=${admin_token//\\/\\\\} text
  text=$(
    curl --silent --show-error --max-time 60 --request "$1" --write-out '\n%{http_code}' \
      ${3:+--header 'Content-Type: application/json' --data-binary "$3"} --config - "$url$2" \
      <<<"header = \"Authorization: Bearer ${escaped//\"/\\\"}\""
  ) || return 1
  status=${text##*$'\n'} answer=${text%$'\n'*}
}
