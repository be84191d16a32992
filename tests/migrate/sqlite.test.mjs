import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { convert, fileOf, keyOf, sha256 } from "./helpers.mjs";

const PROGRAM = fileURLToPath(new URL("../../scripts/debian-program.sh", import.meta.url));
const TABLE = "CREATE TABLE api_keys (api_key TEXT PRIMARY KEY, name TEXT, quota INTEGER, used INTEGER, expires_at TEXT, created_at TEXT);";

function database(sql) {
  const file = fileOf("");
  execFileSync(PROGRAM, ["sqlite3", "sqlite3", file, sql]);
  return file;
}

test("a key keeps its secret, its name and what was used", () => {
  const result = convert("sqlite", database(`${TABLE} INSERT INTO api_keys VALUES ('sk-old', '=HYPERLINK("x")', 10, 4, '2030-01-01', 1735689600);`));
  assert.equal(result.code, 0, result.said);
  assert.deepEqual(result.keys, [{
    type: "key", secret_sha256: sha256("sk-old"), prefix: "sk", name: '=HYPERLINK("x")', quota_type: "count", unit: "requests", quota: 10, used: 4,
    expires_at: "2030-01-01T00:00:00.000Z", created_at: "2025-01-01T00:00:00.000Z", status: "active",
  }]);
});

test("a name of 10,000 characters is cut, and one of several lines is one line", () => {
  const result = convert("sqlite", database(`${TABLE} INSERT INTO api_keys VALUES ('a-1', printf('%.10000c', 'x'), 1, 0, NULL, NULL), ('a-2', 'one' || char(10, 9) || 'two', 1, 0, '', '');`));
  assert.deepEqual(result.keys.map(key => key.name), [`${"x".repeat(199)}…`, "one two"]);
});

test("what was switched off is disabled", () => {
  const result = convert("sqlite", database(`CREATE TABLE api_keys (api_key TEXT, quota INTEGER, enabled INTEGER, revoked TEXT, deleted_at TEXT, status TEXT);
    INSERT INTO api_keys VALUES ('a-1', 1, 1, 'no', '0000-00-00 00:00:00', 'Active'), ('a-2', 1, 0, NULL, NULL, NULL), ('a-3', 1, 1, 'yes', NULL, NULL),
      ('a-4', 1, 1, NULL, '2025-01-01', NULL), ('a-5', 1, NULL, NULL, NULL, 'suspended');`));
  assert.deepEqual(result.keys.map(key => key.status), ["active", "disabled", "disabled", "disabled", "disabled"]);
});

test("usage comes from usage_stats where the key's own row does not say it", () => {
  const result = convert("sqlite", database(`CREATE TABLE api_keys (apiKey TEXT, label TEXT, quota INTEGER, color TEXT); CREATE TABLE usage_stats (api_key TEXT, requests INTEGER);
    INSERT INTO api_keys VALUES ('a-1', 'n', 10, 'red'), ('a-2', 'n', 10, NULL); INSERT INTO usage_stats VALUES ('a-1', 3), ('a-1', 4), ('a-2', 'many'), (NULL, 1);`));
  assert.equal(result.code, 1);
  assert.deepEqual([keyOf(result, "a-1").used, result.keys.length], [7, 1]);
  assert.match(result.said, /usage is no whole number/);
  assert.match(result.said, /not carried over: api_keys\.color/);
});

test("rows that cannot be moved are listed without their secrets", () => {
  const result = convert("sqlite", database(`${TABLE} INSERT INTO api_keys VALUES (NULL, 'a', 1, 0, NULL, NULL), ('b b', 'b', 1, 0, NULL, NULL), ('c-secret', 'c', NULL, 0, NULL, NULL),
    ('d-secret', 'd', 1.5, 0, NULL, NULL), ('e-secret', 'e', 1, -1, NULL, NULL), ('key_' || printf('%.49c', 'x'), 'f', 1, 0, NULL, NULL);`));
  assert.deepEqual([result.code, result.keys], [1, []]);
  assert.equal(result.said.split("\n").filter(line => line.startsWith("left behind")).length, 6);
  assert.doesNotMatch(result.said + result.text, /-secret/);
});

test("what is no such database is not moved", () => {
  for (const [file, why] of [
    ["/nowhere/at-all.db", /not there/], [fileOf("no database at all"), /cannot read/], [database("CREATE TABLE other (a)"), /no table api_keys/],
    [database("CREATE TABLE api_keys (a)"), /no column api_key/],
  ]) {
    const result = convert("sqlite", file);
    assert.equal(result.code, 2);
    assert.match(result.said, why);
  }
});

test("the file closes with the checksum of what is before it", () => {
  const { lines, text } = convert("sqlite", database(`${TABLE} INSERT INTO api_keys VALUES ('a-1', 'n', 1, 0, NULL, NULL);`));
  assert.deepEqual([lines[0].format, lines[0].version], ["quota-functions-export", 1]);
  const before = text.slice(0, text.lastIndexOf('{"type":"end"'));
  assert.deepEqual(lines.at(-1), { type: "end", lines: 2, counts: { key: 1 }, sha256: sha256(before) });
});
