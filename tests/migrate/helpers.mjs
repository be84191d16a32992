// What the tests of the converters share.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../scripts/lib/migrate/main.mjs", import.meta.url));

export const sha256 = text => createHash("sha256").update(text).digest("hex");

/** A file of a test's own. */
export function fileOf(content) {
  const file = join(mkdtempSync(join(tmpdir(), "migrate-")), "source");
  writeFileSync(file, content);
  return file;
}

/** Runs the converter. Returns its exit code, the keys, and what it said. */
export function convert(kind, file) {
  const run = spawnSync(process.execPath, [MAIN, kind, file], { encoding: "utf8", maxBuffer: 2 ** 28 });
  const lines = run.stdout.split("\n").filter(line => line !== "").map(line => JSON.parse(line));
  return { code: run.status, lines, text: run.stdout, keys: lines.filter(line => line.type === "key"), said: run.stderr };
}

/** The key of a secret. */
export const keyOf = (result, secret) => result.keys.find(key => key.secret_sha256 === sha256(secret));
