import assert from "node:assert/strict";
import { test } from "node:test";
import { convert, fileOf, keyOf, sha256 } from "./helpers.mjs";

const litellm = (...keys) => convert("litellm", fileOf(JSON.stringify({ keys, total_count: keys.length })));
const newApi = (...answers) => convert("new-api", fileOf(answers.map(answer => JSON.stringify(answer)).join("\n")));

test("LiteLLM: a key keeps its hash, its budget and its limits", () => {
  const hash = sha256("sk-abc");
  const { code, keys, said } = litellm({
    token: hash, key_name: "sk-...c", key_alias: "web", spend: 0.1 + 0.2, max_budget: 12.5, budget_duration: "30d", models: ["gpt-4o", "openai/*"], rpm_limit: 60,
    max_parallel_requests: 3, expires: "2030-01-31T00:00:00Z", blocked: null, metadata: { team: "a", n: { x: 1 } }, team_id: "t-1", user_id: "u-1", tpm_limit: 5,
    created_at: "2025-01-01T00:00:00.123Z",
  });
  assert.equal(code, 0, said);
  assert.deepEqual(keys, [{
    type: "key", secret_sha256: hash, prefix: "sk", name: "web", quota_type: "hybrid", unit: "usd", quota: 12.5, used: 0.3, expires_at: "2030-01-31T00:00:00.000Z",
    created_at: "2025-01-01T00:00:00.123Z", rate_limit_per_minute: 60, max_concurrent: 3, refill: { period: "monthly", amount: 12.5, time_zone: "UTC" }, tenant: "t-1",
    allowed_models: ["gpt-4o", "openai/*"], metadata: { team: "a", n: '{"x":1}', user_id: "u-1" }, status: "active",
  }]);
  assert.match(said, /not carried over: tpm_limit/);
});

test("LiteLLM: no budget is no limit, a blocked key is disabled, a shared budget counts", () => {
  const result = litellm(
    { token: sha256("a"), spend: 1, max_budget: null, models: ["all-proxy-models"] },
    { token: sha256("b"), spend: 0, max_budget: 1, blocked: true },
    { token: sha256("c"), spend: 2, max_budget: null, litellm_budget_table: { max_budget: 5, budget_duration: "1h" } });
  assert.deepEqual(result.keys.map(key => [key.quota_type, key.quota, key.expires_at, key.status]),
    [["time", 0, "8999-12-31T23:59:59Z", "active"], ["count", 1, undefined, "disabled"], ["count", 5, undefined, "active"]]);
  assert.match(result.said, /budget_duration 1h/);
});

test("LiteLLM: other hashes, and permissions that the list does not tell, are left behind", () => {
  const result = litellm({ token: "$2b$10$abc" }, { token: sha256("a"), models: ["all-team-models"] }, null, { token: sha256("b"), spend: "much" }, { token: sha256("c"), models: ["no model!"] });
  assert.deepEqual([result.code, result.keys], [1, []]);
  for (const why of ["another hash", "all-team-models", "no token", "spend is no amount", "no name of a model"]) assert.match(result.said, new RegExp(why));
  assert.equal(convert("litellm", fileOf('{"keys":["abc"]}')).code, 2);
  assert.equal(convert("litellm", fileOf("<html>")).code, 2);
});

const token = (id, more) => ({ id, key: `k${id}`.padEnd(48, "0"), status: 1, name: `n${id}`, expired_time: -1, remain_quota: 500_000, used_quota: 250_000, unlimited_quota: false, ...more });

test("new-api: units become dollars, and clients go on with sk- before the key", () => {
  const result = newApi({ success: true, data: { items: [token(1, { model_limits_enabled: true, model_limits: "gpt-4o,gpt-4o-mini", allow_ips: "203.0.113.7\n198.51.100.9/24" })], total: 1 } });
  assert.equal(result.code, 0, result.said);
  const key = keyOf(result, `sk-k1${"0".repeat(46)}`);
  assert.deepEqual([key.unit, key.quota, key.used, key.quota_type], ["usd", 1.5, 0.5, "count"]);
  assert.deepEqual([key.allowed_models, key.allowed_ips], [["gpt-4o", "gpt-4o-mini"], ["203.0.113.7", "198.51.100.0/24"]]);
});

test("new-api: several pages, and whole keys beside masked ones", () => {
  const masked = token(1, { key: "abcd**********wxyz" });
  const result = newApi({ data: { items: [masked, token(2, { status: 2 })] } }, { data: [token(3, { unlimited_quota: true, remain_quota: 0 })] }, { data: { keys: { 1: "whole" } } });
  assert.equal(result.code, 0, result.said);
  assert.ok(keyOf(result, "sk-whole"));
  assert.deepEqual(result.keys.map(key => [key.status, key.quota_type]), [["active", "count"], ["disabled", "count"], ["active", "time"]]);
  const without = newApi({ data: { items: [masked] } });
  assert.equal(without.code, 1);
  assert.match(without.said, /batch\/keys/);
});

test("new-api: a list of addresses or models that cannot be kept leaves the key behind", () => {
  const result = newApi({ data: [token(1, { allow_ips: "office" }), token(2, { model_limits_enabled: true, model_limits: "a b" }), token(3, { remain_quota: null }), token(4, { key: "" })] });
  assert.deepEqual([result.code, result.keys], [1, []]);
});
