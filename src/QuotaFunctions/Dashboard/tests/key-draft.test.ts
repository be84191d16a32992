import { expect, test } from 'vitest';
import type { Key } from '../src/components/key-state';
import { changeOf, draftOf, newDraft, newKeyOf, readbackOf } from '../src/screens/keys/key-draft';

const key: Key = {
  id: 'key_1',
  name: 'web shop',
  status: 'active',
  prefix: 'trial',
  pool: null,
  quota_type: 'count',
  unit: 'requests',
  quota: 1000,
  used: 1,
  held: 0,
  remaining: 999,
  expires_at: '2030-01-31T23:59:00Z',
  resets_at: null,
  created_at: '2026-01-01T09:30:00Z',
  last_used_at: null,
  rate_limit_per_minute: 60,
  max_cost: null,
  max_concurrent: null,
  refill: { period: 'monthly', amount: 1000, time_zone: 'Europe/Zurich', anchor_day: 1, rollover: false, rollover_cap: null },
  tenant: 'acme',
  email: null,
  allowed_providers: [],
  allowed_models: ['gpt-4o*'],
  allowed_ips: [],
  metadata: {},
};

test('a new key has only what was typed in', () => {
  expect(newKeyOf({ ...newDraft(), name: ' first ', quota: '50' })).toEqual({ name: 'first', quota: 50, unit: 'requests', quota_type: 'count' });
});

test('a key that ends by its date has no quota', () => {
  const draft = { ...newDraft(), name: 'guest', type: 'time', expires: '2030-01-31T12:00' };
  expect(newKeyOf(draft)).not.toHaveProperty('quota');
  expect(newKeyOf(draft).expires_at).toBe(new Date('2030-01-31T12:00').toISOString());
});

test('nothing is sent of what did not change', () => {
  expect(changeOf(draftOf(key), draftOf(key))).toEqual({});
});

test('what was cleared is null, and lists are parted', () => {
  expect(changeOf(draftOf(key), { ...draftOf(key), tenant: '', expires: '', models: '', ips: '203.0.113.0/24，198.51.100.7 ,' })).toEqual({
    tenant: null,
    expires_at: null,
    allowed_models: null,
    allowed_ips: ['203.0.113.0/24', '198.51.100.7'],
  });
});

test('a sentence reads back what will be made', () => {
  const draft = { ...newDraft(), name: 'web shop', quota: '5000', unit: 'tokens', refill: 'monthly', rate: '60' };
  expect(readbackOf(draft)).toBe('web shop may use 5,000 tokens, filled up to 5,000 tokens every month, at most 60 calls a minute.');
});
