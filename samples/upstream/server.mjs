// A sample upstream: speaks a bit of the OpenAI API, without an account anywhere and without dependencies.
//
//   node samples/upstream/server.mjs [--port 8788]
//
//   GET  /v1/models             the models
//   POST /v1/chat/completions   an answer, plain or (stream: true) as server-sent events, with usage
//   ANY  /echo                  what arrived: method, path, headers, body (up to 64 KiB), its length and SHA-256
//   GET  /bytes/{n}             n bytes
//   GET  /requests/{tag}        how many requests came with X-Sample-Tag: {tag}
//
// What goes wrong with a real upstream can be asked for, by a header or by the model's name:
//
//   X-Sample-Status: 503           sample-status-503    answers with this status
//   X-Sample-Delay-Ms: 2000        sample-delay-2000    waits before the headers
//   X-Sample-Chunk-Delay-Ms: 100   sample-slow          waits before each piece of the answer (sample-slow: 200 ms)
//   X-Sample-Break-After: 2        sample-break         breaks off after so many pieces (sample-break: 2)
//   X-Sample-Refuse: 1             sample-refuse        breaks off before the headers

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const models = ['sample-small', 'sample-large'];
const maxEcho = 64 * 1024;
const tags = new Map();

const { values: options } = parseArgs({ options: { port: { type: 'string', default: '8788' } } });
const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    if (!request.destroyed) console.error(error);
    response.destroy();
  });
});

server.listen(Number(options.port), '127.0.0.1', () =>
  console.log(`Sample upstream: http://127.0.0.1:${server.address().port}`));

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}

async function handle(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const tag = request.headers['x-sample-tag'];
  if (tag) tags.set(tag, (tags.get(tag) ?? 0) + 1);

  const body = await read(request);
  const json = body.kept ? parse(body.kept) : undefined;
  const wanted = switchesOf(request.headers, json?.model);
  await pause(wanted.delay);
  if (wanted.refuse) return response.destroy();
  if (wanted.status && wanted.status !== 200) {
    return send(response, wanted.status, error(`Status ${wanted.status}, as asked for.`, 'sample_error'));
  }

  const [, first, second] = pathname.split('/');
  if (pathname === '/v1/chat/completions' && request.method === 'POST') return complete(json, wanted, response);
  if (pathname === '/v1/models') return send(response, 200, { object: 'list', data: models.map(describe) });
  if (first === 'echo') return echo(request, body, response);
  if (first === 'bytes') return sendBytes(Number(second), wanted, response);
  if (first === 'requests') return send(response, 200, { requests: tags.get(decodeURIComponent(second)) ?? 0 });
  if (pathname === '/') return send(response, 200, { service: 'sample-upstream' });
  send(response, 404, error(`There is no ${pathname}.`, 'not_found'));
}

async function complete(json, wanted, response) {
  if (typeof json?.model !== 'string' || !Array.isArray(json.messages)) {
    return send(response, 400, error('model and messages are required.', 'invalid_request_error'));
  }

  const prompt = json.messages.map((message) => String(message?.content ?? '')).join('\n');
  const words = `You said: ${json.messages.at(-1)?.content ?? ''}. This is a sample answer.`.split(/(?<= )/);
  const limit = json.max_completion_tokens ?? json.max_tokens ?? words.length;
  const answer = words.slice(0, limit);
  const usage = {
    prompt_tokens: Math.ceil(prompt.length / 4),
    completion_tokens: answer.length,
    total_tokens: Math.ceil(prompt.length / 4) + answer.length,
  };
  const reason = answer.length < words.length ? 'length' : 'stop';
  const about = { id: `chatcmpl-${Date.now().toString(36)}`, created: Math.floor(Date.now() / 1000), model: json.model };
  if (!json.stream) {
    const message = { role: 'assistant', content: answer.join('') };
    const choices = [{ index: 0, message, finish_reason: reason }];
    return sendPieces(response, { 'Content-Type': 'application/json' }, [JSON.stringify({ ...about, object: 'chat.completion', choices, usage })], wanted);
  }

  const event = (value) => `data: ${JSON.stringify({ ...about, object: 'chat.completion.chunk', ...value })}\n\n`;
  const chunk = (delta, finish_reason = null) => event({ choices: [{ index: 0, delta, finish_reason }] });
  const events = [...answer.map((content, i) => chunk(i === 0 ? { role: 'assistant', content } : { content })), chunk({}, reason)];
  if (json.stream_options?.include_usage) events.push(event({ choices: [], usage }));
  events.push('data: [DONE]\n\n');
  await sendPieces(response, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }, events, wanted);
}

function echo(request, body, response) {
  send(response, 200, {
    method: request.method,
    path: request.url,
    headers: Object.fromEntries(Object.entries(request.headersDistinct).map(([name, values]) => [name, values.join(', ')])),
    body: body.kept?.toString() ?? null,
    bytes: body.length,
    sha256: body.sha256,
  });
}

async function sendBytes(count, wanted, response) {
  const piece = Buffer.alloc(64 * 1024, 'sample upstream ');
  const pieces = (function* () {
    for (let left = count; left > 0; left -= piece.length) yield piece.subarray(0, Math.min(left, piece.length));
  })();
  await sendPieces(response, { 'Content-Type': 'application/octet-stream', 'Content-Length': count }, pieces, wanted);
}

async function sendPieces(response, headers, pieces, wanted) {
  response.writeHead(200, headers);
  response.flushHeaders();
  let sent = 0;
  for (const piece of pieces) {
    await pause(wanted.chunkDelay);
    if (sent++ === wanted.breakAfter) return response.destroy();
    if (response.destroyed) return;
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }

  if (wanted.breakAfter !== undefined) return response.destroy();
  response.end();
}

async function read(request) {
  const hash = createHash('sha256');
  const kept = [];
  let length = 0;
  for await (const piece of request) {
    hash.update(piece);
    length += piece.length;
    if (length <= maxEcho) kept.push(piece);
  }

  return { length, sha256: hash.digest('hex'), kept: length <= maxEcho ? Buffer.concat(kept) : undefined };
}

function switchesOf(headers, model) {
  const number = (name) => (headers[name] === undefined ? undefined : Number(headers[name]));
  const [, kind, argument] = /^sample-(status|delay|slow|break|refuse)(?:-(\d+))?$/.exec(String(model)) ?? [];
  return {
    status: number('x-sample-status') ?? (kind === 'status' ? Number(argument) : undefined),
    delay: number('x-sample-delay-ms') ?? (kind === 'delay' ? Number(argument) : 0),
    chunkDelay: number('x-sample-chunk-delay-ms') ?? (kind === 'slow' ? Number(argument ?? 200) : 0),
    breakAfter: number('x-sample-break-after') ?? (kind === 'break' ? Number(argument ?? 2) : undefined),
    refuse: headers['x-sample-refuse'] !== undefined || kind === 'refuse',
  };
}

function send(response, status, value) {
  const text = JSON.stringify(value);
  const bodiless = status === 204 || status === 304;
  response.writeHead(status, bodiless ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(bodiless ? undefined : text);
}

function parse(bytes) {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

const describe = (id) => ({ id, object: 'model', created: 1767225600, owned_by: 'sample' });
const error = (message, type) => ({ error: { message, type, code: null, param: null } });
const pause = (milliseconds) => (milliseconds > 0 ? new Promise((resolve) => setTimeout(resolve, milliseconds)) : undefined);
