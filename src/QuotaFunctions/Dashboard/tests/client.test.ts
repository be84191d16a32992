import { afterEach, expect, test, vi } from 'vitest';
import { ApiError, address, Client, OfflineError, offline } from '../src/api/client';

afterEach(() => vi.unstubAllGlobals());

test('an address has its parameters escaped, and no empty ones', () => {
  expect(address('/manage/keys/{key}/logs', { key: 'a/b?c' }, { page_size: 20, outcome: '', cursor: undefined })).toBe('/manage/keys/a%2Fb%3Fc/logs?page_size=20');
});

test('the credential goes into a header, and never into the address', async () => {
  const fetched = vi.fn(async (_: string, __: RequestInit) => new Response('{"keys":[],"total":0}'));
  vi.stubGlobal('fetch', fetched);
  await new Client(() => 'a-token', () => {}).get('/manage/keys', { query: { limit: 1 } });
  const [path, init] = fetched.mock.calls[0]!;
  expect(path).toBe('/manage/keys?limit=1');
  expect(new Headers(init.headers).get('Authorization')).toBe('Bearer a-token');
});

test('an error says what the service says, with the request’s id', async () => {
  const problem = { title: 'Invalid request', detail: 'quota is required.', code: 'invalid_request', errors: { quota: ['is required.'] } };
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify(problem), { status: 400, headers: { 'X-Request-Id': 'id-1' } }));
  const error = await new Client(() => 'a-token', () => {}).get('/manage/pools').catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ message: 'quota is required.', requestId: 'id-1', errors: { quota: ['is required.'] } });
});

test('who is not taken any more is told', async () => {
  vi.stubGlobal('fetch', async () => new Response('', { status: 401 }));
  const refused = vi.fn();
  await new Client(() => 'a-token', refused).get('/quota').catch(() => {});
  expect(refused).toHaveBeenCalledOnce();
});

test('no answer is being offline, until there is one', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('Failed to fetch');
  });
  const client = new Client(() => 'a-token', () => {});
  await expect(client.get('/quota')).rejects.toBeInstanceOf(OfflineError);
  expect(offline.value).toBe(true);
  vi.stubGlobal('fetch', async () => new Response('{}'));
  await client.get('/quota');
  expect(offline.value).toBe(false);
});
