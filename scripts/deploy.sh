#!/usr/bin/env bash
# The service on Azure: infrastructure and code, in one command. It may be run again at any time: what is as it should be stays.
# Usage: scripts/deploy.sh --name NAME --location REGION [--subscription ID] [--parameters FILE] [--exposure WHO]
#                          [--what-if | --infra-only | --code-only]
#        scripts/deploy.sh --name NAME --destroy [--yes] [--subscription ID]
#   --name NAME          such as prod: the resource group is rg-NAME, and other names follow from it
#   --location REGION    such as westeurope: one that has Flex Consumption
#   --subscription ID    default: the one that "az account show" names
#   --parameters FILE    further parameters of infra/main.bicep, in the JSON of a parameters file
#   --exposure WHO       public (default), frontDoor, apiManagement or private: who reaches the service
#   --what-if            says what would change, and changes nothing
#   --infra-only         not the code
#   --code-only          the code alone
#   --destroy            deletes the resource group with all that is in it, after a question
#   --yes                asks no question
# An ADMIN_TOKEN is made and put into the vault where there is none; ADMIN_TOKEN of the environment, if set, takes its place.
# Needs the Azure CLI (az) with a log-in, curl, openssl and the .NET SDK.
# Exits with 0 when all is done and the service is healthy, 1 when something failed, 2 when it cannot begin.
set -euo pipefail
invoked_from=$PWD
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

name='' location='' subscription='' parameters='' exposure='' mode=all asks=true
choose() { # mode
  [[ $mode == all ]] || fail "--what-if, --infra-only, --code-only and --destroy exclude each other" 2
  mode=$1
}
while [[ $# -gt 0 ]]; do
  case $1 in
    --name | --location | --subscription | --parameters | --exposure)
      [[ $# -ge 2 && $2 ]] || fail "$1 needs a value" 2
      declare "${1#--}=$2"
      shift 2
      ;;
    --what-if | --infra-only | --code-only | --destroy) choose "${1#--}" && shift ;;
    --yes) asks=false && shift ;;
    -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/deploy.sh && exit 0 ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
done

# ---- what is wrong is told before anything is done

[[ $name =~ ^[A-Za-z0-9]([A-Za-z0-9-]{0,38}[A-Za-z0-9])?$ ]] || fail '--name must be 1 to 40 letters, digits and hyphens, a letter or digit first and last' 2
[[ $mode == destroy || $location =~ ^[a-z0-9]+$ ]] || fail '--location must be the name of a region, such as westeurope' 2
[[ $exposure =~ ^(|public|frontDoor|apiManagement|private)$ ]] || fail '--exposure must be public, frontDoor, apiManagement or private' 2
if [[ $parameters ]]; then
  [[ $parameters == /* ]] || parameters=$invoked_from/$parameters
  [[ -r $parameters ]] || fail "--parameters: $parameters cannot be read" 2
fi
[[ -z ${ADMIN_TOKEN:-} || $ADMIN_TOKEN =~ ^[A-Za-z0-9._~+/=-]{16,}$ ]] || fail 'ADMIN_TOKEN must have at least 16 of A-Z a-z 0-9 . _ ~ + / = -' 2

tools=(az)
[[ $mode == destroy || $mode == code-only ]] || tools+=(openssl)
[[ $mode == all || $mode == code-only ]] && tools+=(dotnet npm curl)
for tool in "${tools[@]}"; do
  command -v "$tool" >/dev/null || fail "$tool is missing: see --help" 2
done

account=$(az account show ${subscription:+--subscription "$subscription"} --query '[id, name, user.type]' --output tsv 2>/dev/null) ||
  fail "not logged in${subscription:+, or no subscription $subscription}: run az login" 2
{ read -r subscription && read -r subscription_name && read -r who; } <<<"$account"
azure() { az "$@" --subscription "$subscription"; }
group=rg-$name

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# ---- the end

if [[ $mode == destroy ]]; then
  [[ $(azure group exists --name "$group") == true ]] || fail "there is no resource group $group in $subscription_name" 2
  tagged=$(azure group show --name "$group" --query 'tags."azd-env-name"' --output tsv)
  [[ $tagged == "$name" ]] || fail "$group was not made by this script: it does not have the tag azd-env-name=$name" 2

  echo "Deletes $group in $subscription_name with all that is in it: keys, quotas, the log. This cannot be undone."
  echo 'The vault can be brought back for some days: a deployment of the same name in the same region does it by itself.'
  if $asks; then
    read -r -p "Type $group to go on: " answer || answer=''
    [[ $answer == "$group" ]] || fail 'nothing was deleted'
  fi
  azure group delete --name "$group" --yes
  echo "$group is deleted."
  exit 0
fi

# ---- can it be done there?

if [[ $mode != code-only ]]; then
  regions=$(azure functionapp list-flexconsumption-locations --query '[].name' --output tsv)
  grep -qx "$location" <<<"$regions" || fail "$location has no Flex Consumption; these have it: ${regions//$'\n'/, }" 2
  grep -qx 10.0 <<<"$(azure functionapp list-flexconsumption-runtimes --location "$location" --runtime dotnet-isolated --query '[].version' --output tsv)" ||
    fail "$location does not have .NET 10 on Flex Consumption" 2
fi

# ---- the parameters, in a file, as a command line is seen by everybody on the machine

deployment=quota-$name-$location
output() { # name of an output of the deployment
  azure deployment sub show --name "$deployment" --query "properties.outputs.$1.value" --output tsv
}

# A vault that is there has its token. Of those deleted the one of this deployment comes back with it.
# What cannot be read ends the script: a token must not be replaced because somebody did not answer.
write_parameters() {
  local exists vault='' deleted recover=false token=${ADMIN_TOKEN:-} secrets=''
  exists=$(azure group exists --name "$group")
  [[ $exists != true ]] || vault=$(azure keyvault list --resource-group "$group" --query "[?starts_with(name, 'kv-quota-')].name" --output tsv)
  if [[ $vault ]]; then
    # By way of the resource manager, which needs neither a role on the vault nor a way into a private one
    secrets=$(az rest --method get --output tsv --query 'value[].name' \
      --url "https://management.azure.com/subscriptions/$subscription/resourceGroups/$group/providers/Microsoft.KeyVault/vaults/$vault/secrets?api-version=2024-11-01")
  else
    deleted=$(azure keyvault list-deleted --resource-type vault --output tsv \
      --query "[?properties.tags.\"azd-env-name\" == '$name' && properties.location == '$location'].name")
    if [[ $deleted ]]; then
      recover=true secrets=ADMIN-TOKEN
      echo 'The vault of this deployment was deleted: it is brought back, with the ADMIN_TOKEN that it had.'
    fi
  fi
  if [[ -z $token ]] && ! grep -qx ADMIN-TOKEN <<<"$secrets"; then
    token=$(openssl rand -hex 32)
    echo 'ADMIN_TOKEN: a random one goes into the vault.'
  fi

  (
    umask 077
    {
      # shellcheck disable=SC2016 # the name of a member
      printf '{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#","contentVersion":"1.0.0.0","parameters":{'
      printf '"environmentName":{"value":"%s"},"location":{"value":"%s"},"recoverVault":{"value":%s}' "$name" "$location" "$recover"
      [[ -z $exposure ]] || printf ',"exposure":{"value":"%s"}' "$exposure"
      # Who deploys looks after the secrets, unless the parameters name somebody else
      [[ $who != servicePrincipal ]] || { [[ $parameters ]] && grep -q '"operatorPrincipal' "$parameters"; } ||
        printf ',"operatorPrincipalType":{"value":"ServicePrincipal"}'
      [[ -z $token ]] || printf ',"adminToken":{"value":"%s"}' "$token"
      printf '}}\n'
    } >"$temporary/parameters.json"
  )
}

deploy_infrastructure() { # create, validate or what-if, and arguments
  local verb=$1
  shift
  azure deployment sub "$verb" --name "$deployment" --location "$location" --template-file infra/azuredeploy.json \
    ${parameters:+--parameters "@$parameters"} --parameters "@$temporary/parameters.json" "$@"
}

# A parameter that is left out takes its default, so a second run must not open what the first had closed
if [[ $mode != code-only ]] && last=$(azure deployment sub show --name "$deployment" --query 'properties.parameters.exposure.value' --output tsv 2>/dev/null); then
  [[ $parameters ]] && grep -q '"exposure"' "$parameters" || exposure=${exposure:-$last}
  count=$(azure deployment sub show --name "$deployment" --output tsv \
    --query 'length(keys(merge(properties.parameters.settings.value, properties.parameters.vaultSettings.value)))' 2>/dev/null) || count=0
  [[ $parameters || $count == 0 ]] || fail 'the last deployment had settings, which would be lost: give its --parameters again' 2
fi

if [[ $mode == all && ($exposure == private || ($parameters && $(tr -d '[:space:]' <"$parameters") == *'"exposure":{"value":"private"'*)) ]]; then
  fail 'a private app takes code from within its network only: run it with --infra-only, and there with --code-only' 2
fi

echo "$name in $location, subscription $subscription_name ($subscription)"
if [[ $mode == what-if ]]; then
  write_parameters
  deploy_infrastructure what-if
  exit 0
fi

# ---- the code is built before anything changes: a failure leaves all as it was

package=$temporary/app.zip
if [[ $mode != infra-only ]]; then
  echo 'Building the code …'
  # Compiled beforehand for the machine that it runs on: see docs/deploying.md#start-up
  dotnet publish src/QuotaFunctions -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true \
    -o "$temporary/app" -p:PackageFile="$package" -v quiet >&2 || fail 'the build has failed'
fi

if [[ $mode != code-only ]]; then
  write_parameters
  echo 'Checking the infrastructure …'
  deploy_infrastructure validate --output none || fail 'the deployment would fail; nothing was changed'
  echo 'Deploying the infrastructure, which takes some minutes …'
  deploy_infrastructure create --output none || fail "the deployment has failed; az deployment sub show --name $deployment says more"
fi

if url=$(output SERVICE_URL 2>/dev/null); then
  group=$(output AZURE_RESOURCE_GROUP) app=$(output AZURE_FUNCTION_APP_NAME) vault=$(output AZURE_KEY_VAULT_NAME)
else
  # By azd or the portal, whose deployments have other names
  app=$(azure resource list --resource-group "$group" --resource-type Microsoft.Web/sites --query '[0].name' --output tsv 2>/dev/null) || app=''
  [[ $app ]] || fail "there is no app in $group: run it without --code-only first"
  vault=$(azure keyvault list --resource-group "$group" --query '[0].name' --output tsv)
  url=https://$app.azurewebsites.net
fi
if [[ $mode == infra-only ]]; then
  echo 'The infrastructure is there. Next:'
  output NEXT_STEPS
  exit 0
fi

echo 'Deploying the code …'
azure functionapp deployment source config-zip --resource-group "$group" --name "$app" \
  --src "$package" --output none || fail 'the code could not be deployed: what ran before still runs'

# ---- healthy?

echo "Waiting for $url/health …"
healthy=false attempts=60
if [[ $url == *.azurefd.net ]]; then
  echo 'Front Door may take a quarter of an hour the first time.'
  attempts=240
fi
for ((attempt = 0; attempt < attempts; attempt++)); do
  if curl --silent --fail --output /dev/null --max-time 30 "$url/health"; then
    healthy=true
    break
  fi
  sleep 5
done
$healthy || fail "$url/health is not well: see the log in Application Insights, and docs/deploying.md#when-it-does-not-start"

echo "Ready: $url"
echo 'Try:'
echo "  ADMIN_TOKEN=\$(az keyvault secret show --vault-name $vault --name ADMIN-TOKEN --query value --output tsv)"
echo "  curl -s $url/admin/keys -H \"Authorization: Bearer \$ADMIN_TOKEN\" -H 'Content-Type: application/json' -d '{\"name\":\"first\",\"quota\":1000}'"
