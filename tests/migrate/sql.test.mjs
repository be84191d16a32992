import assert from "node:assert/strict";
import { test } from "node:test";
import { Tokens, statements } from "../../scripts/lib/migrate/sql.mjs";

const TEXT = `-- a comment; with 'a quote
# another; one
--
SELECT 'a;b', "c;""d;", \`e;f\`, 'it''s; \\'; \\\\';/* no; 'statement */ SELECT -- end
2--1;/*!40000 ALTER; */;
SELECT 3`;

const EXPECTED = ["SELECT 'a;b', \"c;\"\"d;\", `e;f`, 'it''s; \\'; \\\\'", "SELECT 2--1", "", "SELECT 3"];

async function split(text, size) {
  const pieces = text.match(new RegExp(`[^]{1,${size}}`, "g"));
  const found = [];
  for await (const statement of statements(pieces)) found.push(statement.trim().replace(/\s+/g, " "));
  return found;
}

test("statements end at a semicolon outside of texts and comments, wherever the text is cut", async () => {
  for (let size = 1; size <= TEXT.length; size++) assert.deepEqual(await split(TEXT, size), EXPECTED, `in pieces of ${size}`);
});

test("a text of some megabytes that comes in pieces is read at once", async () => {
  const large = `INSERT INTO t VALUES ('${"x\\'".repeat(2_000_000)}'); SELECT 1`;
  const found = await split(large, 65_536);
  assert.deepEqual([found.length, found[0].length, found[1]], [2, large.length - 10, "SELECT 1"]);
});

const valuesOf = text => {
  const tokens = new Tokens(text);
  const values = [];
  while (tokens.current) values.push(tokens.next().value);
  return values;
};

test("values are read in every way that MySQL writes them", () => {
  assert.deepEqual(valuesOf(String.raw`'it''s' "say ""x""" 'a\'b\\c\n\0\Z\%' "o'k"`), ["it's", 'say "x"', "a'b\\c\n\0\u001a\\%", "o'k"]);
  assert.deepEqual(valuesOf("0x41 x'4142' X'' b'101' 0b1"), ["A", "AB", "", "5", "1"]);
  assert.deepEqual(valuesOf("-1 2.50 1e3 .5"), ["-1", "2.50", "1e3", ".5"]);
  assert.deepEqual(valuesOf("_binary 'a' _utf8mb4'b' N'c' _binary 0x41"), ["a", "b", "c", "A"]);
  assert.deepEqual(valuesOf("`a``b` NULL now ( )"), ["a`b", "NULL", "now", "(", ")"]);
});
