# shellcheck shell=bash
# Sourced by scripts/start.sh. A .env file is read as text, and never run: $(…), backticks and $names in it stay what they are.

# Sets what a .env file sets and this script or the service knows (docs/settings.md), where the environment does not set it already; names the rest.
# What it has set is in $env_names, with blanks around each name.
read_env_file() { # file
  local file=$1 line name value known number=0
  local -r storage_setting=^AzureWebJobs # the storage is the one that is started here
  # shellcheck disable=SC2016 # the backticks are those of the page
  known=$(sed -n 's/^| `\([A-Za-z0-9_<>]*\)`.*/^\1$/p' docs/settings.md | sed 's/<name>/[A-Za-z0-9]+/')
  env_names=' '
  while IFS= read -r line || [[ $line ]]; do
    ((number += 1))
    line=${line%$'\r'}
    [[ ! $line =~ ^[[:space:]]*(#|$) ]] || continue
    if [[ ! $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$ ]]; then
      echo "$file: line $number is no setting, and is passed over" >&2
      continue
    fi
    name=${BASH_REMATCH[2]} value=$(plain_value "${BASH_REMATCH[3]}")
    if [[ $name =~ $storage_setting ]] || { [[ $name != PORT && $name != DATABASE_URL ]] && ! grep -qE -f <(echo "$known") <<<"$name"; }; then
      echo "$file: $name is not known here, and is passed over" >&2
    elif [[ $value && ! ${!name:-} ]]; then
      declare -gx "$name=$value"
      env_names+="$name "
    fi
  done <"$file"
}

# The value behind the equals sign, without its quotes and without a comment after it
plain_value() { # text
  if [[ $1 =~ ^\"([^\"]*)\" || $1 =~ ^\'([^\']*)\' ]]; then
    printf %s "${BASH_REMATCH[1]}"
  else
    local value=${1%%[[:space:]]#*}
    [[ $value != \#* ]] || value=''
    printf %s "${value%"${value##*[![:space:]]}"}"
  fi
}
