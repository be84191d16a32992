#!/usr/bin/env bash
# The long fuzzer: mangled requests and mangled upstream answers over raw sockets. The short version is part of scripts/test.sh.
# Usage: scripts/fuzz.sh [--minutes N] [--seed S]
#   --minutes N    default 10
#   --seed S       the seed of a run that failed, to see it again; default a random one, which is printed
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

minutes=10 seed=''
while [[ $# -gt 0 ]]; do
  case $1 in
    --minutes | --seed)
      [[ ${2:-} =~ ^[0-9]{1,9}$ ]] || fail "$1 needs a whole number" 2
      declare "${1#--}=$2"
      shift 2
      ;;
    -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/fuzz.sh && exit 0 ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
done

require_tools
fetch_azurite

export QUOTA_FUZZ_MINUTES=$minutes
[[ -z $seed ]] || export QUOTA_FUZZ_SEED=$seed
exec dotnet test tests/QuotaFunctions.EndToEndTests -c Release --filter 'FullyQualifiedName~FuzzTests' --logger 'console;verbosity=detailed'
