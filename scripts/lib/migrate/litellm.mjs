// Keys of a LiteLLM proxy, from its answer to GET /key/list?return_full_object=true.
// It keeps the SHA-256 of a key in hexadecimal (`token`), as this service does, so the keys go on working.
// https://docs.litellm.ai/docs/proxy/virtual_keys, https://docs.litellm.ai/docs/proxy/budget_reset_and_tz
import { NEVER, NotMovable, balance, concurrency, hashOf, microDollars, models, moment, rate, says, title } from "./key.mjs";
import { readAnswers, unusedFields } from "./json.mjs";
import { Unusable } from "./report.mjs";

const USED = [
  "token", "key_name", "key_alias", "spend", "max_budget", "budget_duration", "models", "rpm_limit", "max_parallel_requests", "expires", "blocked", "metadata",
  "team_id", "team_alias", "user_id", "created_at", "litellm_budget_table",
];

// Of no use here, and of no loss
const PASSED_OVER = ["budget_reset_at", "updated_at", "created_by", "updated_by", "last_active", "budget_id", "user_role", "api_key", "soft_budget_cooldown", "model_spend"];

const MAX_METADATA = 2000;
const MAX_ENTRIES = 32;

// LiteLLM puts these back at midnight, on Monday, and on the 1st
const PERIODS = { "24h": "daily", "1d": "daily", "7d": "weekly", "1w": "weekly", "30d": "monthly", "1mo": "monthly" };

/** The keys of an export. */
export function* read(file, report) {
  for (const answer of readAnswers(file)) {
    if (!Array.isArray(answer?.keys)) throw new Unusable("it is no answer of GET /key/list?return_full_object=true");
    if (typeof answer.keys[0] === "string") throw new Unusable("it has no more than the keys' hashes: ask for /key/list?return_full_object=true");
    for (const record of answer.keys) {
      report.notCarried(unusedFields(record, [...USED, ...PASSED_OVER]));
      yield { name: nameOf(record), make: () => keyOf(record, report) };
    }
  }
}

const nameOf = record => title(record?.key_alias) ?? title(record?.key_name) ?? "unnamed";

function keyOf(record, report) {
  if (typeof record?.token !== "string") throw new NotMovable("it has no token");
  const budget = says(record.max_budget) ? record : record.litellm_budget_table ?? record;
  const quota = microDollars(budget.max_budget, "budget");
  const used = microDollars(record.spend, "spend") ?? 0;
  const expires = moment(record.expires, "expiry");
  return {
    secret_sha256: /^[0-9a-f]{64}$/i.test(record.token) ? record.token.toLowerCase() : plainHash(record.token),
    prefix: "sk",
    name: nameOf(record),
    quota_type: quota === null ? "time" : expires === null ? "count" : "hybrid",
    unit: "usd",
    ...balance(quota ?? 0, used),
    expires_at: expires ?? (quota === null ? NEVER : undefined),
    created_at: moment(record.created_at, "moment of creation") ?? undefined,
    rate_limit_per_minute: rate(record.rpm_limit ?? budget.rpm_limit) ?? undefined,
    max_concurrent: concurrency(record.max_parallel_requests ?? budget.max_parallel_requests) ?? undefined,
    refill: refillOf(budget.budget_duration, quota, report),
    tenant: title(record.team_alias) ?? title(record.team_id) ?? undefined,
    allowed_models: modelsOf([record.models ?? []].flat()),
    metadata: metadataOf(record, report),
    status: record.blocked ? "disabled" : "active",
  };
}

// Only what begins with sk- is hashed by LiteLLM
function plainHash(token) {
  if (!token.startsWith("sk-")) throw new NotMovable("it is kept as another hash than SHA-256");
  return hashOf(token);
}

function refillOf(duration, quota, report) {
  if (!says(duration) || quota === null || quota === 0) return undefined;
  const period = PERIODS[String(duration).trim()];
  if (!period) {
    report.notCarried([`budget_duration ${duration}`]);
    return undefined;
  }
  return { period, amount: quota, time_zone: "UTC" };
}

function modelsOf(names) {
  if (names.includes("all-proxy-models")) return undefined;
  const special = names.find(name => ["all-team-models", "no-default-models"].includes(name));
  if (special) throw new NotMovable(`its models are ${special}, which this list does not tell`);
  return names.length === 0 ? undefined : models(names);
}

function metadataOf(record, report) {
  const entries = Object.entries({ ...Object(record.metadata), user_id: record.user_id })
    .filter(([name, value]) => name && says(value))
    .map(([name, value]) => [name.toWellFormed(), (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed()]);
  if (entries.length > MAX_ENTRIES || entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > MAX_METADATA) {
    report.notCarried([`metadata of more than ${MAX_ENTRIES} entries or ${MAX_METADATA} characters`]);
    return undefined;
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
