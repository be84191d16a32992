#!/usr/bin/env bash
# What a release consists of, in artifacts/release: the package for Azure, its bill of materials (CycloneDX), and checksums.
# Usage: scripts/package.sh [--tag TAG]
#   --tag TAG  the release's tag, such as v1.2.3: it must be the version of Directory.Build.props
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
case $# in
  0) ;;
  2) [[ $1 == --tag && $2 == "v$version" ]] || fail "the tag must be v$version, as Directory.Build.props says" 2 ;;
  *) fail 'usage: scripts/package.sh [--tag TAG]' 2 ;;
esac
for tool in dotnet npm jq zip sha256sum; do command -v "$tool" >/dev/null || fail "$tool is missing" 2; done

release=artifacts/release app=$PWD/artifacts/release.app
rm -rf "$release" "$app"
mkdir -p "$release"

dotnet publish src/QuotaFunctions -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -o "$app" -v quiet

# Files in one order and of one time, so that the same source makes the same package
find "$app" -exec touch --no-dereference --date="@$(git log -1 --format=%ct)" {} +
(cd "$app" && find . -type f | LC_ALL=C sort | TZ=UTC zip --quiet -X -@ "$OLDPWD/$release/quota-functions-$version.zip")
rm -rf "$app"

# The app, what runs of it within the Functions host, which is a project that the build writes, and the dashboard
bill() { # project, file
  dotnet dotnet-CycloneDX "$1" --output "$bills" --filename "$2" --output-format Json --set-name QuotaFunctions --set-version "$version" \
    --exclude-dev --disable-package-restore >/dev/null
}
bills=$(mktemp -d)
trap 'rm -rf "$bills"' EXIT
dotnet tool restore >/dev/null
bill src/QuotaFunctions/QuotaFunctions.csproj app.json
bill artifacts/obj/QuotaFunctions/release_linux-x64/WorkerExtensions/WorkerExtensions.csproj host.json
(cd src/QuotaFunctions/Dashboard && npm sbom --omit dev --sbom-format cyclonedx) >"$bills/dashboard.json"
jq --slurpfile others <(cat "$bills/host.json" "$bills/dashboard.json") '
  .components = ([.components, $others[].components] | add | unique_by(."bom-ref"))
  | .dependencies = ([.dependencies, $others[].dependencies] | add | group_by(.ref) | map({ref: .[0].ref, dependsOn: (map(.dependsOn // []) | add | unique)}))
' "$bills/app.json" >"$release/sbom.cdx.json"

(cd "$release" && sha256sum -- *.zip *.json >SHA256SUMS.txt && cat SHA256SUMS.txt)
