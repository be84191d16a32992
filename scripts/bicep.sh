#!/usr/bin/env bash
# Compiles infra/main.bicep to infra/azuredeploy.json with the real compiler, and writes what it would deploy with the parameters of
# infra/snapshots to the snapshots beside them. A warning is an error.
# Usage: scripts/bicep.sh [--check]
#   --check    writes nothing; exits with 1 when azuredeploy.json or a snapshot is stale
# The compiler is a NuGet package for Linux on x64. Elsewhere install Bicep in the version of infra/bicep/Bicep.csproj.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

case $* in
  '' | --check) ;;
  -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/bicep.sh && exit 0 ;;
  *) fail 'usage: scripts/bicep.sh [--check]' 2 ;;
esac

project=infra/bicep/Bicep.csproj
property() { dotnet msbuild "$project" -getProperty:"$1"; }
version=$(property BicepVersion)

# The version stands in the compiled template: another one would make it stale
if [[ $(bicep --version 2>/dev/null) == *" $version "* ]]; then
  bicep=$(command -v bicep)
elif [[ $(uname -sm) == 'Linux x86_64' ]]; then
  dotnet restore "$project" -v quiet
  bicep=$(property NuGetPackageRoot)azure.bicep.commandline.linux-x64/$version/tools/bicep
  [[ -x $bicep ]] || chmod u+x "$bicep"
else
  fail "bicep $version is missing: install it, as the package that is fetched is for Linux on x64"
fi

compiled=$(mktemp)
trap 'rm -f "$compiled"' EXIT

# A warning does not fail it: whatever it has to say does
said=$({ "$bicep" build infra/main.bicep --outfile "$compiled" && "$bicep" lint infra/main.bicep; } 2>&1) || fail "$said"
[[ -z $said ]] || fail "$said"

if [[ $# -eq 0 ]]; then
  cat "$compiled" >infra/azuredeploy.json
elif ! cmp -s "$compiled" infra/azuredeploy.json; then
  fail 'infra/azuredeploy.json is stale: run scripts/bicep.sh'
fi

[[ $# -eq 0 ]] && mode=overwrite || mode=validate
for parameters in infra/snapshots/*.bicepparam; do
  said=$("$bicep" snapshot "$parameters" --mode "$mode" --location westeurope --deployment-name test \
    --tenant-id 00000000-0000-0000-0000-000000000001 --subscription-id 00000000-0000-0000-0000-000000000002 2>&1) ||
    fail "$said"$'\n'"The snapshot of $parameters is stale, or cannot be made: run scripts/bicep.sh, and see what has changed"
done

# The compiler writes outputs in any order
if [[ $# -eq 0 ]]; then
  node -e '
    const fs = require("node:fs");
    for (const file of process.argv.slice(1)) {
      const snapshot = JSON.parse(fs.readFileSync(file, "utf8"));
      snapshot.outputs = Object.fromEntries(Object.entries(snapshot.outputs).sort(([a], [b]) => (a < b ? -1 : 1)));
      fs.writeFileSync(file, JSON.stringify(snapshot, null, 2) + "\n");
    }
  ' infra/snapshots/*.snapshot.json
fi
