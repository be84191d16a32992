// Reads an earlier SQLite deployment by the program sqlite3, which is Debian's where the machine has none.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Unusable } from "./report.mjs";
import { hasSecrets, keyOf, nameOf, secretOf, unknownColumns } from "./tables.mjs";

const KEYS = "api_keys";
const USAGE = "usage_stats";
const PROGRAM = fileURLToPath(new URL("../../debian-program.sh", import.meta.url));

/** The keys of a database file. */
export async function* read(file, report) {
  const query = sql => {
    const text = run(file, sql);
    return text.trim() === "" ? [] : JSON.parse(text);
  };
  const tables = query("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").map(table => table.name);
  if (!tables.includes(KEYS)) throw new Unusable(`there is no table ${KEYS} in it`);
  const columns = query(`PRAGMA table_info(${KEYS})`).map(column => column.name);
  if (!hasSecrets(columns)) throw new Unusable(`${KEYS} has no column api_key, or what may be one`);
  report.notCarried(unknownColumns(columns).map(name => `${KEYS}.${name}`));
  report.notCarried(tables.filter(name => name !== KEYS && name !== USAGE && !name.startsWith("sqlite_")));
  const usage = bySecret(tables.includes(USAGE) ? query(`SELECT * FROM ${USAGE}`) : []);
  for (const row of query(`SELECT * FROM ${KEYS}`)) {
    yield { name: nameOf(row), make: () => keyOf(row, usage.get(secretOf(row))) };
  }
}

function bySecret(rows) {
  const groups = new Map();
  for (const row of rows) {
    const secret = secretOf(row);
    if (!groups.has(secret)) groups.set(secret, []);
    groups.get(secret).push(row);
  }
  return groups;
}

function run(file, sql) {
  // sqlite3 would make a database where there is none
  if (!existsSync(file)) throw new Unusable("it is not there");
  try {
    return execFileSync(PROGRAM, ["sqlite3", "sqlite3", "-batch", "-init", "/dev/null", "-readonly", "-json", resolve(file), sql], {
      encoding: "utf8",
      maxBuffer: 2 ** 29,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    throw new Unusable(`sqlite3 cannot read it: ${String(error.stderr || error.message).trim().split("\n").at(-1)}`);
  }
}
