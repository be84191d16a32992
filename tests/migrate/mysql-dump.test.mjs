import assert from "node:assert/strict";
import { test } from "node:test";
import { convert, fileOf, keyOf } from "./helpers.mjs";

const TABLE = `CREATE TABLE \`access_tokens\` (
  \`id\` bigint NOT NULL AUTO_INCREMENT COMMENT 'it''s, an (id)',
  \`access_token\` varchar(255) NOT NULL,
  \`ws_id\` varchar(64) DEFAULT NULL,
  \`email\` varchar(255) DEFAULT NULL,
  \`quota_type\` enum('count','time','hybrid') DEFAULT 'count',
  \`total_quota\` decimal(10,2) DEFAULT NULL,
  \`remaining_quota\` int DEFAULT NULL,
  \`expires_at\` datetime DEFAULT NULL,
  \`is_active\` tinyint(1) DEFAULT '1',
  PRIMARY KEY (\`id\`),
  UNIQUE KEY \`t\` (\`access_token\`)
) ENGINE=InnoDB;`;

const dump = rows => fileOf(`-- MySQL dump; it's\n/*!40101 SET NAMES utf8mb4 */;\n${TABLE}\n${rows}\n`);

test("what was left of a token is left of its key", () => {
  const result = convert("mysql-dump", dump(`INSERT INTO \`access_tokens\` VALUES (1,'tok-1','acme','a@b.example','count',100.00,37,NULL,1),
    (2,0x746F6B2D32,_utf8mb4'it''s; \\"x\\"',NULL,'hybrid',50,50,'2030-01-01 00:00:00',b'0');`));
  assert.equal(result.code, 0, result.said);
  const [first, second] = [keyOf(result, "tok-1"), keyOf(result, "tok-2")];
  assert.deepEqual([first.quota, first.used, first.tenant, first.email, first.status], [100, 63, "acme", "a@b.example", "active"]);
  assert.deepEqual([second.quota, second.used, second.name, second.quota_type, second.expires_at, second.status],
    [50, 0, 'it\'s; "x"', "hybrid", "2030-01-01T00:00:00.000Z", "disabled"]);
});

test("columns are those that the rows name, else those of the table", () => {
  const named = convert("mysql-dump", fileOf("insert ignore into db.access_tokens (remaining_quota, access_token, total_quota) values (2, 'tok-1', 5)"));
  assert.deepEqual([named.code, named.keys[0].quota, named.keys[0].used], [0, 5, 3]);
  const unnamed = convert("mysql-dump", fileOf("INSERT INTO access_tokens VALUES (1, 'tok-1')"));
  assert.equal(unnamed.code, 2);
  assert.match(unnamed.said, /no CREATE TABLE/);
});

test("rows that cannot be moved are listed, and the others are moved", () => {
  const result = convert("mysql-dump", dump(`INSERT INTO access_tokens VALUES (1,'tok-1','w',NULL,'count',1,1,NOW(),1),(2,'tok-2','w'),
    (3,NULL,'w',NULL,'count',1,1,NULL,1),(4,'tok 4','w',NULL,'count',1,1,NULL,1),(5,'tok-5','w',NULL,'time',NULL,NULL,NULL,1),
    (6,'tok-6','w',NULL,'count',1,1,'soon',1),(7,'tok-7','w',NULL,'count',-1,NULL,NULL,1),(8,'tok-8','w',NULL,'free',1,1,NULL,1),
    (9,'tok-9','w',NULL,'count',9,9,NULL,1),(10,'tok-9','w',NULL,'count',9,9,NULL,1);`));
  assert.equal(result.code, 1);
  assert.deepEqual(result.keys.map(key => key.quota), [9]);
  const reasons = ["no plain value", "3 values for 9 columns", "no secret", "not printable ASCII", "no expiry", "expiry is no moment", "quota is not from 0", "quota type", "same secret"];
  const listed = result.said.split("\n").filter(line => line.startsWith("left behind"));
  assert.equal(listed.length, reasons.length);
  reasons.forEach((reason, place) => assert.match(listed[place], new RegExp(reason)));
  assert.doesNotMatch(result.said, /tok-?\d| tok /);
});

test("other tables and what looks like rows within texts are passed over", () => {
  const result = convert("mysql-dump", dump(`INSERT INTO other VALUES ('; INSERT INTO access_tokens VALUES (9)');
    INSERT INTO access_tokens VALUES (1,'tok-1','a); INSERT',NULL,'count',1,1,NULL,1) /* ; */ ON DUPLICATE KEY UPDATE id=1;`));
  assert.deepEqual([result.code, result.keys.map(key => key.name)], [0, ["a); INSERT"]]);
  assert.equal(convert("mysql-dump", fileOf("INSERT INTO other VALUES (1);")).code, 2);
});

test("what has less than nothing left has nothing left, and what has more than it had keeps it", () => {
  const result = convert("mysql-dump", dump("INSERT INTO access_tokens VALUES (1,'a1','w',NULL,'count',5,-2,NULL,1),(2,'a2','w',NULL,'count',5,8,NULL,1);"));
  assert.deepEqual(result.keys.map(key => [key.quota, key.used]), [[5, 5], [8, 0]]);
});

test("moments that the service does not take become the nearest that it does", () => {
  const result = convert("mysql-dump", dump("INSERT INTO access_tokens VALUES (1,'a1','w',NULL,'time',0,0,'9999-12-31 23:59:59',1),(2,'a2','w',NULL,'time',0,0,'1999-12-31 23:59:59',1),(3,'a3','w',NULL,'count',1,1,'0000-00-00 00:00:00',1);"));
  assert.deepEqual(result.keys.map(key => key.expires_at), ["8999-12-31T23:59:59Z", "2000-01-01T00:00:00Z", undefined]);
});

test("an e-mail address that is none is left out", () => {
  const result = convert("mysql-dump", dump("INSERT INTO access_tokens VALUES (1,'a1','w','a..b@x.example','count',1,1,NULL,1),(2,'a2','w','nobody','count',1,1,NULL,1),(3,'a3','w','o''hara+x@x.example','count',1,1,NULL,1);"));
  assert.deepEqual(result.keys.map(key => key.email), [undefined, undefined, "o'hara+x@x.example"]);
});
