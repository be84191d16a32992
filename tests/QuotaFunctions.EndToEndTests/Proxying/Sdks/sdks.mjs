// Calls a service through a vendor's own SDK, each call with a new key, and looks up in the key's log what it came to.
//
//   node sdks.mjs openai|anthropic|google http://127.0.0.1:8787 ADMIN_TOKEN

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

const [vendor, service, token] = process.argv.slice(2);
const base = new URL('providers/vendors', service).href;

async function admin(path, body) {
  const response = await fetch(new URL(`admin${path}`, service), {
    method: body ? 'POST' : 'GET',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${response.status}: ${await response.clone().text()}`);
  return response.json();
}

// The rows of a key's log that are about requests, oldest first, as "outcome cost"
async function log(id) {
  const { logs } = await admin(`/keys/${id}/logs`);
  return logs.filter((row) => row.outcome !== 'created').map((row) => `${row.outcome} ${row.cost}`).reverse();
}

async function expectLog(id, expected) {
  let found;
  for (let tries = 0; tries < 400; tries++) {
    found = await log(id);
    if (found.length === expected.length && found.every((row, i) => (expected[i] instanceof RegExp ? expected[i].test(row) : row === expected[i]))) return;
    await pause(50);
  }

  assert.deepEqual(found, expected);
}

async function collect(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

// Counts what an SDK really sends
function counting() {
  const counted = (...args) => { counted.calls++; return fetch(...args); };
  counted.calls = 0;
  return counted;
}

async function failure(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }

  assert.fail('It did not fail.');
}

const image = `data:image/png;base64,${'A'.repeat(1_200_000)}`;
const hello = [{ role: 'user', content: 'Hello' }];
const spent = { quota: 5 };
const dollars = { unit: 'usd', quota: 1 };
const suites = { openai, anthropic, google };
let failed = 0;
for (const [name, test] of Object.entries(await suites[vendor]())) {
  const { key: settings = {}, log: rows, run } = test;
  const key = await admin('/keys', { name, unit: 'tokens', quota: 100_000, ...settings });
  try {
    await run(key.key);
    await expectLog(key.id, rows);
    console.log(`ok      ${vendor}: ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${vendor}: ${name}: ${error.stack}`);
  }
}

process.exit(failed === 0 ? 0 : 1);

async function openai() {
  const { default: OpenAI, AzureOpenAI, toFile } = await import('openai');
  const client = (apiKey, more) => new OpenAI({ apiKey, baseURL: `${base}/openai/v1`, ...more });
  return {
    chat: {
      log: ['succeeded 7'],
      run: async (key) => assert.equal((await client(key).chat.completions.create({ model: 'gpt', messages: hello })).choices[0].message.content, 'Hello'),
    },
    'a stream with its usage': {
      log: ['succeeded 7'],
      run: async (key) => {
        const events = await collect(await client(key).chat.completions.create({ model: 'gpt', messages: hello, stream: true, stream_options: { include_usage: true } }));
        assert.equal(events.at(-1).usage.total_tokens, 7);
      },
    },
    'a stream without': {
      log: ['succeeded 7'],
      run: async (key) => {
        const events = await collect(await client(key).chat.completions.create({ model: 'gpt', messages: hello, stream: true }));
        assert.deepEqual(events.map((event) => event.choices.length), [1, 1]);
      },
    },
    'a chat in dollars': {
      key: dollars,
      log: [`succeeded ${(3 * 2 + 4 * 8) / 1e6}`],
      run: (key) => client(key).chat.completions.create({ model: 'gpt', messages: hello }),
    },
    'a stream in dollars': {
      key: dollars,
      log: [`succeeded ${(3 * 2 + 4 * 8) / 1e6}`],
      run: async (key) => collect(await client(key).chat.completions.create({ model: 'gpt', messages: hello, stream: true })),
    },
    'a model without a price': {
      key: dollars,
      log: [],
      run: async (key) => {
        const error = await failure(() => client(key).chat.completions.create({ model: 'unheard-of', messages: hello }));
        assert.deepEqual([error.status, error.code], [403, 'model_not_priced']);
      },
    },
    'a picture': {
      key: { quota: 5_000 },
      log: ['succeeded 7'],
      run: (key) => client(key).chat.completions.create({
        model: 'gpt', max_tokens: 1_000, messages: [{ role: 'user', content: [{ type: 'text', text: 'What?' }, { type: 'image_url', image_url: { url: image } }] }],
      }),
    },
    responses: {
      log: ['succeeded 11'],
      run: async (key) => assert.equal((await client(key).responses.create({ model: 'gpt', input: 'Hello' })).output_text, 'Hello'),
    },
    'streamed responses': {
      log: ['succeeded 11'],
      run: async (key) => assert.equal((await collect(await client(key).responses.create({ model: 'gpt', input: 'Hello', stream: true }))).at(-1).type, 'response.completed'),
    },
    'a stored response': {
      key: spent,
      log: ['succeeded 0'],
      run: async (key) => assert.equal((await client(key).responses.retrieve('resp_1')).usage.total_tokens, 11),
    },
    embeddings: {
      log: ['succeeded 8'],
      run: async (key) => assert.deepEqual((await client(key).embeddings.create({ model: 'e', input: 'Hello', encoding_format: 'float' })).data[0].embedding, [0.5, 0.25]),
    },
    'a transcription': {
      log: ['succeeded 16'],
      run: async (key) => assert.equal((await client(key).audio.transcriptions.create({ model: 'whisper', file: await toFile(Buffer.from('sound'), 'a.wav') })).text, 'hello'),
    },
    'a list of models': {
      key: spent,
      log: ['succeeded 0'],
      run: async (key) => assert.equal((await client(key).models.list()).data[0].id, 'gpt'),
    },
    azure: {
      log: ['succeeded 7'],
      run: async (key) => {
        const azure = new AzureOpenAI({ apiKey: key, endpoint: `${base}/azure`, apiVersion: '2024-10-21', deployment: 'gpt' });
        assert.equal((await azure.chat.completions.create({ model: 'gpt', messages: hello })).usage.total_tokens, 7);
      },
    },
    'a wrong key': {
      log: [],
      run: async () => {
        const error = await failure(() => client('trial_nobody').chat.completions.create({ model: 'gpt', messages: hello }));
        assert.ok(error instanceof OpenAI.AuthenticationError);
        assert.equal(error.code, 'key_invalid');
      },
    },
    'a spent quota': {
      key: spent,
      log: [],
      run: async (key) => {
        const counted = counting();
        const error = await failure(() => client(key, { fetch: counted }).chat.completions.create({ model: 'gpt', messages: hello }));
        assert.ok(error instanceof OpenAI.RateLimitError);
        assert.deepEqual([error.code, error.type, error.param, counted.calls], ['quota_exhausted', 'insufficient_quota', null, 1]);
        assert.match(error.message, /quota is used up/);
      },
    },
    'a rate': {
      key: { rate_limit_per_minute: 1 },
      log: ['succeeded 7'],
      run: async (key) => {
        const once = client(key, { maxRetries: 0 });
        await once.chat.completions.create({ model: 'gpt', messages: hello });
        const error = await failure(() => once.chat.completions.create({ model: 'gpt', messages: hello }));
        assert.deepEqual([error.status, error.code], [429, 'rate_limited']);
      },
    },
    'a field that is wrong': {
      log: [],
      run: async (key) => {
        const error = await failure(() => client(key, { baseURL: new URL('v1', service).href }).chat.completions.create({ model: [1], messages: hello }));
        assert.deepEqual([error.status, error.code, error.param], [400, 'invalid_request', 'model']);
        assert.match(error.message, /model must be named once/);
      },
    },
  };
}

async function anthropic() {
  const { default: Anthropic } = await import('@anthropic-ai/sdk');
  const client = (apiKey, more) => new Anthropic({ apiKey, baseURL: `${base}/anthropic`, ...more });
  const body = { model: 'claude', max_tokens: 100, messages: hello };
  return {
    messages: { log: ['succeeded 16'], run: async (key) => assert.equal((await client(key).messages.create(body)).content[0].text, 'Hello') },
    'a stream': {
      log: ['succeeded 40'],
      run: async (key) => assert.equal((await client(key).messages.stream(body).finalMessage()).usage.output_tokens, 15),
    },
    'messages in dollars': {
      key: dollars,

      // 79.35 millionths, rounded up once
      log: [`succeeded ${80 / 1e6}`],
      run: (key) => client(key).messages.create(body),
    },
    'a stream in dollars': {
      key: dollars,
      log: [`succeeded ${(25 * 3 + 15 * 15) / 1e6}`],
      run: (key) => client(key).messages.stream(body).finalMessage(),
    },
    'an error in a stream': {
      log: [/^failed \d+$/],
      run: async (key) => assert.match((await failure(() => client(key).messages.stream({ ...body, model: 'overloaded' }).finalMessage())).message, /Overloaded/),
    },
    'counting tokens': {
      key: spent,
      log: ['succeeded 0'],
      run: async (key) => assert.equal((await client(key).messages.countTokens({ model: 'claude', messages: hello })).input_tokens, 14),
    },
    'a list of models': { key: spent, log: ['succeeded 0'], run: async (key) => assert.equal((await client(key).models.list()).data[0].id, 'claude') },
    'a wrong key': {
      log: [],
      run: async () => {
        const error = await failure(() => client('trial_nobody').messages.create(body));
        assert.ok(error instanceof Anthropic.AuthenticationError);
        assert.equal(error.error.error.type, 'authentication_error');
      },
    },
    'a spent quota': {
      key: spent,
      log: [],
      run: async (key) => {
        const counted = counting();
        const error = await failure(() => client(key, { fetch: counted }).messages.create(body));
        assert.ok(error instanceof Anthropic.RateLimitError);
        assert.deepEqual([error.error.type, error.error.error.type, error.error.code, counted.calls], ['error', 'rate_limit_error', 'quota_exhausted', 1]);
        assert.match(error.error.error.message, /quota is used up/);
      },
    },
    'a rate': {
      key: { rate_limit_per_minute: 1 },
      log: ['succeeded 16'],
      run: async (key) => {
        const once = client(key, { maxRetries: 0 });
        await once.messages.create(body);
        assert.equal((await failure(() => once.messages.create(body))).error.code, 'rate_limited');
      },
    },
  };
}

async function google() {
  const { ApiError, GoogleGenAI } = await import('@google/genai');
  const client = (apiKey) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: `${base}/google` } });
  const body = { model: 'gemini', contents: 'Hello' };
  return {
    content: { log: ['succeeded 60'], run: async (key) => assert.equal((await client(key).models.generateContent(body)).text, 'Hello') },
    'a stream': {
      log: ['succeeded 15'],
      run: async (key) => assert.equal((await collect(await client(key).models.generateContentStream(body))).at(-1).usageMetadata.totalTokenCount, 15),
    },
    'content in dollars': {
      key: dollars,
      log: [`succeeded ${(10 + (20 + 30) * 10) / 1e6}`],
      run: (key) => client(key).models.generateContent(body),
    },
    'a stream in dollars': {
      key: dollars,
      log: [`succeeded ${(10 + 5 * 10) / 1e6}`],
      run: async (key) => collect(await client(key).models.generateContentStream(body)),
    },
    'counting tokens': { key: spent, log: ['succeeded 0'], run: async (key) => assert.equal((await client(key).models.countTokens(body)).totalTokens, 31) },
    'a list of models': { key: spent, log: ['succeeded 0'], run: async (key) => assert.equal((await client(key).models.list()).page[0].name, 'models/gemini') },
    'a wrong key': {
      log: [],
      run: async () => {
        const error = await failure(() => client('trial_nobody').models.generateContent(body));
        assert.ok(error instanceof ApiError);
        assert.deepEqual([error.status, JSON.parse(error.message).error.status], [401, 'UNAUTHENTICATED']);
      },
    },
    'a spent quota': {
      key: spent,
      log: [],
      run: async (key) => {
        const error = await failure(() => client(key).models.generateContent(body));
        const { code, status, message, details } = JSON.parse(error.message).error;
        assert.deepEqual([error.status, code, status, details[0].reason], [429, 429, 'RESOURCE_EXHAUSTED', 'QUOTA_EXHAUSTED']);
        assert.match(message, /quota is used up/);
      },
    },
    'a rate': {
      key: { rate_limit_per_minute: 1 },
      log: ['succeeded 60'],
      run: async (key) => {
        await client(key).models.generateContent(body);
        assert.equal((await failure(() => client(key).models.generateContent(body))).status, 429);
      },
    },
  };
}
