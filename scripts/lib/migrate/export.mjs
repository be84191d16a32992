// Writes keys in the form of an export, which docs/backup.md describes.
import { createHash } from "node:crypto";
import { once } from "node:events";

const MICRO_DOLLARS = 1_000_000;

/**
 * Writes the keys that a source has, as far as they can be moved. The export's id is the same for every migration from a kind of system: so one that
 * was broken off goes on where it stopped, also where the source has changed since.
 */
export async function writeExport(output, kind, source, report) {
  const hash = createHash("sha256");
  let lines = 0;
  const write = async line => {
    const text = JSON.stringify(line) + "\n";
    if (!output.write(text)) await once(output, "drain");
    return text;
  };
  const add = async line => {
    hash.update(await write(line));
    lines++;
  };
  await add({ format: "quota-functions-export", version: 1, id: `migration-from-${kind}`, exported_at: new Date().toISOString() });
  for await (const candidate of source) {
    const key = report.take(candidate);
    if (key) await add({ type: "key", ...inApiAmounts(key) });
  }
  await write({ type: "end", lines, counts: lines > 1 ? { key: lines - 1 } : {}, sha256: hash.digest("hex") });
}

/** Dollars go in and out as dollars. */
const inApiAmounts = key => key.unit !== "usd" ? key : {
  ...key,
  quota: key.quota / MICRO_DOLLARS,
  used: key.used / MICRO_DOLLARS,
  refill: key.refill && { ...key.refill, amount: key.refill.amount / MICRO_DOLLARS },
};
