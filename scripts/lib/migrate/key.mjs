// What a key of an earlier system becomes here: checks of single values, by the rules that the service itself has.
import { createHash } from "node:crypto";
import { isIP, isIPv4 } from "node:net";

/** Units that a quota may have at the most. */
export const MAX_QUOTA = 1_000_000_000_000;

/** The expiry of what has no limit but time, and no end either: the last moment that the service takes. */
export const NEVER = "8999-12-31T23:59:59Z";

const FIRST = "2000-01-01T00:00:00Z";

const MAX_NAME = 200;
const MAX_SECRET = 512;
const MAX_MODELS = 50;
const MAX_ADDRESSES = 100;
const MAX_RATE = 100_000;
const MAX_CALLS = 10_000;

// Those that need no quotes
const EMAIL = /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/;

/** Thrown for a key that cannot be moved; the message says why, and never has a secret in it. */
export class NotMovable extends Error {}

/** Whether a value says anything: null, empty text, an empty list and an empty object do not. */
export const says = value =>
  value !== null && value !== undefined && value !== "" && !(typeof value === "object" && Object.keys(value).length === 0);

/** What the service knows of a secret: its SHA-256. Refuses what no header can carry, and what the service would not look up. */
export function hashOf(secret) {
  if (!says(secret)) throw new NotMovable("it has no secret");
  const text = String(secret);
  if (!/^[!-~]+$/.test(text)) throw new NotMovable("its secret has characters that are not printable ASCII");
  if (text.length > MAX_SECRET) throw new NotMovable(`its secret has more than ${MAX_SECRET} characters`);

  // The service takes such a text for one of its own, and holds it against a checksum that it cannot have
  if (/^[^_]{2,16}_[0-9A-Za-z]{49}$/.test(text)) throw new NotMovable("its secret has the form of those that this service issues");
  return createHash("sha256").update(text).digest("hex");
}

/** What new secrets of the key begin with: what the old one begins with, where that may be. */
export const prefixOf = secret => /^([a-z][a-z0-9]{1,15})[-_]/.exec(String(secret))?.[1] ?? "trial";

/** A name or a tenant: one line of at most 200 characters; null for an empty one. */
export function title(value) {
  if (!says(value)) return null;
  const text = String(value).toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return (text.length <= MAX_NAME ? text : text.slice(0, MAX_NAME - 1).replace(/[\ud800-\udbff]$/, "").trimEnd() + "…") || null;
}

/** A whole number, also as text; null where there is none. */
export function whole(value, what) {
  if (!says(value)) return null;
  const text = String(value).trim();
  const number = /^[+-]?\d+(\.0+)?$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(number)) throw new NotMovable(`its ${what} is no whole number`);
  return number;
}

/** Micro-dollars, to the nearest, from an amount of dollars; null where there is none. */
export function microDollars(value, what) {
  if (!says(value)) return null;
  const number = typeof value === "boolean" ? NaN : Number(value);
  if (!Number.isFinite(number)) throw new NotMovable(`its ${what} is no amount`);
  return Math.round(number * 1_000_000);
}

/** A limit that is a whole number; null for none. */
export function limit(value, what, most) {
  const number = whole(value, what);
  if (number !== null && (number < 1 || number > most)) throw new NotMovable(`its ${what} is not from 1 to ${most}`);
  return number;
}

/** A limit of requests in a minute. */
export const rate = value => limit(value, "limit of requests a minute", MAX_RATE);

/** A limit of calls at once. */
export const concurrency = value => limit(value, "limit of calls at once", MAX_CALLS);

/**
 * A moment: ISO 8601, a date and time as databases write it (UTC where it has no zone), seconds or milliseconds since 1970. 0, less than 0 and
 * dates of zeros stand for none.
 */
export function moment(value, what) {
  if (!says(value)) return null;
  const text = String(value).trim();
  if (/^0000-00-00/.test(text)) return null;
  let time;
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    if (number <= 0) return null;
    time = number < 1e11 ? number * 1000 : number;
  } else {
    const parts = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i.exec(text);
    const zone = parts?.[3]?.toUpperCase() ?? "Z";
    time = parts ? Date.parse(`${parts[1]}T${parts[2] ?? "00:00"}${zone === "UTC" ? "Z" : zone.replace(/^(.\d\d)(\d\d)$/, "$1:$2")}`) : NaN;
  }
  if (Number.isNaN(time)) throw new NotMovable(`its ${what} is no moment`);
  return time >= Date.parse(NEVER) ? NEVER : time <= Date.parse(FIRST) ? FIRST : new Date(time).toISOString();
}

/** Yes or no; null where nothing is said. */
export function flag(value, what) {
  if (!says(value)) return null;
  const word = String(value).trim().toLowerCase();
  if (["1", "true", "t", "yes", "y", "on", "\u0001"].includes(word)) return true;
  if (["0", "false", "f", "no", "n", "off", "\u0000"].includes(word)) return false;
  throw new NotMovable(`its ${what} is neither yes nor no`);
}

/** Models that it may use. A list that cannot be kept whole is refused: without it, the key could do more than before. */
export function models(names) {
  if (names.length > MAX_MODELS) throw new NotMovable(`it has more than ${MAX_MODELS} models`);
  const bad = names.find(name => !/^[A-Za-z0-9._:/@-]{0,127}[A-Za-z0-9._:/@*-]$/.test(name));
  if (bad !== undefined) throw new NotMovable(`its model ${shown(bad)} is no name of a model here`);
  return names;
}

/** Addresses that it may be used from. */
export function addresses(texts) {
  if (texts.length > MAX_ADDRESSES) throw new NotMovable(`it has more than ${MAX_ADDRESSES} addresses`);
  return texts.map(text => {
    const [address, bits, more] = text.split("/");
    const isV4 = isIPv4(address);
    if (more !== undefined || !isIP(address) || address.includes("%") || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && bits <= (isV4 ? 32 : 128)))) {
      throw new NotMovable(`its address ${shown(text)} is none`);
    }
    return isV4 && bits !== undefined ? `${networkOf(address, Number(bits))}/${Number(bits)}` : text;
  });
}

/** An e-mail address; undefined for what is none. */
export const email = value => (EMAIL.test(String(value)) && String(value).length <= 254 ? String(value) : undefined);

/**
 * How much there was and what of it is used. What was left stays: no less, and never more.
 * @param {number} quota in units
 * @param {number} used in units
 */
export function balance(quota, used) {
  if (quota < 0 || quota > MAX_QUOTA) throw new NotMovable(`its quota is not from 0 to ${MAX_QUOTA}`);
  if (used < 0) throw new NotMovable("what it has used is below 0");
  return { quota, used: Math.min(used, MAX_QUOTA) };
}

/** A text from outside as people may see it: short, on one line. */
export function shown(text) {
  const line = JSON.stringify(String(text).toWellFormed());
  return line.length <= 62 ? line : `${line.slice(0, 60)}…"`;
}

const networkOf = (address, bits) => {
  const parts = address.split(".").map(Number);
  return parts.map((part, place) => part & (0xff << (8 - Math.max(0, Math.min(8, bits - 8 * place)))) & 0xff).join(".");
};
