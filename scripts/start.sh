#!/usr/bin/env bash
# The whole service on this machine: storage emulator, sample upstream and app.
# Usage: scripts/start.sh [--port N] [--data DIR] [--host local|func]
#   --port N   the app's port; the sample upstream and Azurite take the four after it. Default PORT, else 8787
#   --data DIR where Azurite keeps its files. Default .local/azurite; with DATABASE_URL=:memory: it keeps none
#              Mails go into .local/mail, or DIR/mail, unless SMTP_HOST or MAIL_PICKUP_DIRECTORY says otherwise
#   --host     local: src/QuotaFunctions.LocalHost; func: the Azure Functions Core Tools.
#              Default: func where it is installed, else local
# ADMIN_TOKEN comes from the environment, else from .env, else from local.settings.json, where a random one is put when there is none.
# The file .env of the folder that it is called in may have every setting of docs/settings.md, PORT and DATABASE_URL. The environment goes before it;
# what is not known is named.
# Ctrl-C or SIGTERM stops everything that it started.
set -euo pipefail

here=$PWD
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
source scripts/lib/env-file.sh

# ---- what is wanted

port='' data='' host=''
while [[ $# -gt 0 ]]; do
  case $1 in
    --port | --data | --host)
      [[ $# -ge 2 ]] || fail "$1 needs a value" 2
      declare "${1#--}=$2"
      shift 2
      ;;
    -h | --help)
      sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/start.sh
      exit 0
      ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
done
env_names=' '
[[ ! -f $here/.env ]] || read_env_file "$here/.env"
port=${port:-${PORT:-8787}}
[[ $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65531 ]] || fail "--port and PORT must be 1 to 65531" 2
[[ $host == '' || $host == local || $host == func ]] || fail "--host must be local or func" 2
[[ $data == '' || $data == /* ]] || data=$here/$data

mail=${data:-$PWD/.local}/mail
in_memory=0
if [[ ! $data && ${DATABASE_URL:-} == :memory: ]]; then
  in_memory=1
elif [[ $env_names == *' DATABASE_URL '* && $DATABASE_URL != :memory: ]]; then
  echo '.env: of DATABASE_URL only :memory: is known here; scripts/migrate-from-sqlite.sh moves the keys of a database' >&2
fi
data=${data:-$PWD/.local/azurite}

require_tools

# ---- what is already there

port_names=('the app' 'the sample upstream' "Azurite's tables" "Azurite's queues" "Azurite's blobs")
for offset in 0 1 2 3 4; do
  if (exec 3<>"/dev/tcp/127.0.0.1/$((port + offset))") 2>/dev/null; then
    fail "port $((port + offset)), meant for ${port_names[offset]}, is in use: stop what listens there, or choose another with --port"
  fi
done

((!in_memory)) || data=$(mktemp -d)
mkdir -p "$data" .local/logs
lock=$data/start.pid
if [[ -f $lock ]] && kill -0 "$(<"$lock")" 2>/dev/null; then
  fail "$data is in use by process $(<"$lock"): stop that, or choose another with --data"
fi

# ---- stopping: the app first, which still writes to the storage

app='' upstream='' azurite=''

stop() { # pid, seconds, signal where it is not TERM
  [[ $1 ]] || return 0
  kill "-${3:-TERM}" "$1" 2>/dev/null || true
  for ((tenths = $2 * 10; tenths > 0; tenths--)); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done

  # The whole group: the Functions host has a worker
  kill -KILL -- "-$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

stop_all() {
  trap '' INT TERM
  # The Functions host does not end on TERM
  if [[ $host == func ]]; then stop "$app" 60 INT; else stop "$app" 60; fi
  stop "$upstream" 5
  stop "$azurite" 15
  rm -f "$lock"
  ((!in_memory)) || rm -rf "$data"
}

echo $$ >"$lock"
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- packages and build

fetch_azurite

settings=$(node -e '
  const fs = require("node:fs"), file = "local.settings.json";
  const settings = JSON.parse(fs.readFileSync(fs.existsSync(file) ? file : "local.settings.sample.json", "utf8"));
  const values = settings.Values ??= {};
  if (!process.env.ADMIN_TOKEN && !values.ADMIN_TOKEN) {
    values.ADMIN_TOKEN = require("node:crypto").randomBytes(32).toString("hex");
    console.error("ADMIN_TOKEN: made at random, kept in local.settings.json");
  }
  const text = JSON.stringify(settings, null, 2) + "\n";
  if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text) fs.writeFileSync(file, text, { mode: 0o600 });
  const setting = name => process.env[name] || values[name];
  const mail = setting("SMTP_HOST") ? setting("SMTP_HOST") + ":" + (setting("SMTP_PORT") || 587) : setting("MAIL_PICKUP_DIRECTORY") || "";
  console.log(values.Providers__sample__BaseUrl ? "sample" : "none", mail);
')
read -r provider mail_setting <<<"$settings"

built=artifacts/start.built
# npm puts its folder there
dashboard=src/QuotaFunctions/Dashboard
if [[ ! -f $built ]] || [[ $(find src Directory.* host.json local.settings.json global.json -name node_modules -prune -o ! -path "$dashboard" -newer "$built" -print -quit) ]]; then
  echo 'Building …'
  mkdir -p artifacts
  touch "$built.new" # before the build: what changes while it runs is built the next time
  dotnet build src/QuotaFunctions.LocalHost -c Release -v quiet -p:UseSharedCompilation=false >.local/logs/build.log 2>&1 || {
    cat .local/logs/build.log >&2
    fail 'the build has failed'
  }
  mv "$built.new" "$built"
fi

[[ $host ]] || { command -v func >/dev/null && host=func || host=local; }
[[ $host == local ]] || command -v func >/dev/null || fail 'func is missing: install the Azure Functions Core Tools, or use --host local'

# ---- start

# In process groups of their own: Ctrl-C reaches this script alone, which then stops them in order.
run() {
  set -m
  "$@" </dev/null &
  set +m
}

# Waits for an answer: any, or with "ok" a good one. 1: the process has ended; 2: not in time.
await_answer() { # url, pid, ok
  node -e '
    const [url, pid, ok] = process.argv.slice(1), end = Date.now() + 120_000;
    const attempt = async () => {
      try { process.kill(Number(pid), 0); } catch { process.exit(1); }
      try { if ((await fetch(url)).ok || !ok) process.exit(0); } catch { /* not yet */ }
      if (Date.now() > end) process.exit(2);
      setTimeout(attempt, 50);
    };
    attempt();
  ' "$@"
}

if ((in_memory)); then place=(--inMemoryPersistence); else place=(--location "$data"); fi
run node node_modules/azurite/dist/src/azurite.js --silent --disableTelemetry --skipApiVersionCheck "${place[@]}" \
  --tablePort $((port + 2)) --queuePort $((port + 3)) --blobPort $((port + 4)) >.local/logs/azurite.log 2>&1
azurite=$!
await_answer "http://127.0.0.1:$((port + 2))" "$azurite" || fail 'Azurite did not start: see .local/logs/azurite.log'

# Azurite's account and key are public, and the same everywhere.
account=devstoreaccount1
export AzureWebJobsStorage="DefaultEndpointsProtocol=http;AccountName=$account;\
AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;\
TableEndpoint=http://127.0.0.1:$((port + 2))/$account;\
QueueEndpoint=http://127.0.0.1:$((port + 3))/$account;\
BlobEndpoint=http://127.0.0.1:$((port + 4))/$account;"
if [[ $provider == sample ]]; then
  run node samples/upstream/server.mjs --port $((port + 1)) >.local/logs/upstream.log 2>&1
  upstream=$!
  export Providers__sample__BaseUrl=http://127.0.0.1:$((port + 1))
fi
if [[ ! $mail_setting ]]; then export MAIL_PICKUP_DIRECTORY=$mail; fi

if [[ $host == func ]]; then
  # A shell that runs this script in the background has it ignore INT, and so would all that it starts
  heed=(env --default-signal=INT)
  "${heed[@]}" true 2>/dev/null || heed=()
  run bash -c 'cd artifacts/bin/QuotaFunctions/release && exec "${@:2}" func start --port "$1"' func "$port" ${heed[@]+"${heed[@]}"}
else
  run dotnet artifacts/bin/QuotaFunctions.LocalHost/release/QuotaFunctions.LocalHost.dll --port "$port" --root "$PWD" --state "$data/timers"
fi
app=$!

# ---- ready

url=http://127.0.0.1:$port ready=0
await_answer "$url/health" "$app" ok || ready=$?
case $ready in
  0) ;;
  1) fail 'the app did not start' ;;
  *) fail "the app did not become healthy within 120 s: see .local/logs, and $url/health" ;;
esac

echo "Ready: $url"
echo "Mail: ${mail_setting:-$mail}"
echo 'Try, in another terminal in this folder:'
[[ $env_names != *' ADMIN_TOKEN '* ]] || echo '  ADMIN_TOKEN=…   # that of .env'
# shellcheck disable=SC2016 # for the reader's shell
[[ ${ADMIN_TOKEN:-} ]] || echo '  ADMIN_TOKEN=$(node -p "require('"'./local.settings.json'"').Values.ADMIN_TOKEN")'
echo "  curl -s $url/admin/keys -H \"Authorization: Bearer \$ADMIN_TOKEN\" -H 'Content-Type: application/json' -d '{\"name\":\"first\",\"quota\":1000}'"

wait "$app" || fail 'the app has ended'
