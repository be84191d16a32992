// Keys of new-api (and one-api), from its answers to GET /api/token/, which newer versions write without the keys' middle: these come from
// POST /api/token/batch/keys, whose answers may stand in the same file.
// Clients send a key as sk-<key>. 500,000 units of its quota are one US dollar, so a unit is two micro-dollars.
// https://docs.newapi.pro/en/docs/guide/feature-guide/user/token
import { NEVER, NotMovable, addresses, balance, hashOf, models, moment, says, title, whole } from "./key.mjs";
import { readAnswers, unusedFields } from "./json.mjs";
import { Unusable } from "./report.mjs";

const MICRO_DOLLARS = 2;
const DISABLED = 2;
const EXPIRED = 3;

const USED = ["id", "key", "status", "name", "created_time", "expired_time", "remain_quota", "unlimited_quota", "model_limits_enabled", "model_limits", "allow_ips", "used_quota"];
const PASSED_OVER = ["user_id", "accessed_time", "DeletedAt", "username"];

/** The keys of an export. */
export function* read(file, report) {
  const answers = readAnswers(file).map(answer => answer?.data ?? answer);
  const keys = Object.assign({}, ...answers.filter(hasKeys).map(answer => answer.keys));
  for (const records of answers.filter(answer => !hasKeys(answer)).map(answer => answer?.items ?? answer)) {
    if (!Array.isArray(records)) throw new Unusable("it is no answer of GET /api/token/ or POST /api/token/batch/keys");
    for (const record of records) {
      report.notCarried(unusedFields(record, [...USED, ...PASSED_OVER]));
      yield { name: record?.name, make: () => keyOf(record, keys[record?.id] ?? record?.key) };
    }
  }
}

function keyOf(record, key) {
  if (!says(key)) throw new NotMovable("it has no key");
  if (String(key).includes("*")) throw new NotMovable("its key is not whole: ask for it by POST /api/token/batch/keys");
  const isUnlimited = record.unlimited_quota === true;
  const left = whole(record.remain_quota, "remaining quota");
  if (left === null && !isUnlimited) throw new NotMovable("it has no remaining quota");
  const used = Math.max(0, whole(record.used_quota, "usage") ?? 0);
  const expires = moment(record.expired_time, "expiry");
  return {
    secret_sha256: hashOf(`sk-${String(key).replace(/^sk-/, "")}`),
    prefix: "sk",
    name: title(record.name) ?? "unnamed",
    quota_type: isUnlimited ? "time" : expires === null ? "count" : "hybrid",
    unit: "usd",
    ...balance(isUnlimited ? 0 : (Math.max(0, left) + used) * MICRO_DOLLARS, used * MICRO_DOLLARS),
    expires_at: expires ?? (isUnlimited ? NEVER : undefined),
    created_at: moment(record.created_time, "moment of creation") ?? undefined,
    allowed_models: record.model_limits_enabled ? models(listOf(record.model_limits, ",")) : undefined,
    allowed_ips: addresses(listOf(record.allow_ips, /[\n,]/)),
    status: isDisabled(record, expires) ? "disabled" : "active",
  };
}

const hasKeys = answer => !Array.isArray(answer) && says(answer?.keys);

const listOf = (text, between) => String(text ?? "").split(between).map(part => part.trim()).filter(says);

// What is only used up is not disabled here: a top-up makes it good again
const isDisabled = (record, expires) => record.status === DISABLED || (record.status === EXPIRED && expires === null);
