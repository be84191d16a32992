// Keys from the rows of an earlier system's table. The names of columns differ from one deployment to the next, so they are matched by what they say.
import { NotMovable, balance, email, flag, hashOf, moment, prefixOf, rate, says, title, whole } from "./key.mjs";

const COLUMNS = {
  secret: ["api_key", "access_token", "key", "token", "secret"],
  name: ["name", "label", "title", "description"],
  tenant: ["ws_id", "workspace_id", "workspace", "tenant", "tenant_id"],
  email: ["email", "mail", "email_address"],
  type: ["quota_type"],
  quota: ["total_quota", "quota", "quota_limit", "quota_total", "max_requests"],
  used: ["consumed_quota", "used_quota", "quota_used", "used", "usage", "used_count"],
  remaining: ["remaining_quota", "quota_remaining", "remaining"],
  expires: ["expires_at", "expired_at", "expire_at", "expires", "expiry", "expiration", "valid_until"],
  created: ["created_at", "create_time", "created", "created_time"],
  rate: ["rate_limit_per_minute", "rate_limit", "rpm"],
  active: ["is_active", "active", "enabled", "is_enabled"],
  inactive: ["disabled", "is_disabled", "revoked", "is_revoked", "blocked", "deleted", "is_deleted", "deleted_at", "revoked_at"],
  status: ["status", "state"],
};

const USAGE = ["total_requests", "request_count", "requests", "total", "count", "used", "usage"];
const GOOD = ["active", "enabled", "ok", "valid", "normal", "1"];

// Of no use here, and of no loss: nobody needs to be told of them
const PASSED_OVER = ["id", "rowid", "updated_at", "update_time", "last_used_at", "last_used"];

const plain = name => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** A row, by what its columns say. */
class Row {
  #values;

  constructor(row) {
    this.#values = new Map(Object.entries(row).map(([name, value]) => [plain(name), value]));
  }

  /** The value of the first of these columns that says something; null for none. */
  get(columns) {
    for (const name of columns) {
      const value = this.#values.get(plain(name));
      if (says(value)) return value;
    }
    return null;
  }
}

const known = new Set([...Object.values(COLUMNS).flat(), ...PASSED_OVER].map(plain));

/** What a row says that the key is called, for people. */
export const nameOf = row => new Row(row).get([...COLUMNS.name, ...COLUMNS.tenant]);

/** The secret of a row. */
export const secretOf = row => new Row(row).get(COLUMNS.secret);

/** Columns of a table that nothing is made of. */
export const unknownColumns = names => names.filter(name => !known.has(plain(name)));

/** Whether a table with these columns has keys. */
export const hasSecrets = names => names.some(name => COLUMNS.secret.map(plain).includes(plain(name)));

/**
 * A key, from its row.
 * @param {object} row values by their columns
 * @param {object[]} usage its rows of a table of usage, for where its own row does not say what it has used
 */
export function keyOf(row, usage = []) {
  const from = new Row(row);
  const secret = from.get(COLUMNS.secret);
  const tenant = title(from.get(COLUMNS.tenant));
  const address = from.get(COLUMNS.email);
  const type = typeOf(from.get(COLUMNS.type));
  const expires = moment(from.get(COLUMNS.expires), "expiry");
  if (type !== "count" && expires === null) throw new NotMovable(`it is of the quota type ${type}, and has no expiry`);
  return {
    secret_sha256: hashOf(secret),
    prefix: prefixOf(secret),
    name: title(from.get(COLUMNS.name)) ?? tenant ?? "unnamed",
    quota_type: type,
    unit: "requests",
    ...amounts(from, type, usage),
    expires_at: expires ?? undefined,
    created_at: moment(from.get(COLUMNS.created), "moment of creation") ?? undefined,
    rate_limit_per_minute: rate(from.get(COLUMNS.rate)) ?? undefined,
    tenant: tenant ?? undefined,
    email: address === null ? undefined : email(address),
    status: isGood(from) ? "active" : "disabled",
  };
}

const usedIn = rows => rows.reduce((sum, row) => sum + (whole(new Row(row).get(USAGE), "usage") ?? 0), 0);

function typeOf(value) {
  const word = String(value ?? "count").trim().toLowerCase();
  if (!["count", "time", "hybrid"].includes(word)) throw new NotMovable("its quota type is not count, time or hybrid");
  return word;
}

function amounts(from, type, usage) {
  const total = whole(from.get(COLUMNS.quota), "quota");
  const remaining = whole(from.get(COLUMNS.remaining), "remaining quota");
  const used = whole(from.get(COLUMNS.used), "usage") ?? usedIn(usage);
  if (type === "time") return balance(total ?? 0, Math.max(0, used));
  if (remaining !== null) {
    const quota = Math.max(total ?? remaining, remaining);
    return balance(quota, quota - Math.max(0, remaining));
  }
  if (total === null) throw new NotMovable("it has no quota");
  return balance(total, used);
}

function isGood(from) {
  const status = from.get(COLUMNS.status);
  const inactive = COLUMNS.inactive.some(name => {
    const value = from.get([name]);
    return value !== null && (name.endsWith("_at") ? moment(value, name) !== null : flag(value, name));
  });
  return !inactive && flag(from.get(COLUMNS.active), "state") !== false && (status === null || GOOD.includes(String(status).trim().toLowerCase()));
}
