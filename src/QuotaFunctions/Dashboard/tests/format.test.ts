import { beforeEach, expect, test } from 'vitest';
import { amount, compact, dayBefore, milliseconds, money, number, percent, relative, usedShare } from '../src/format';
import { language } from '../src/preferences';

beforeEach(() => {
  language.value = 'en';
});

test('an amount is written by its unit', () => {
  expect(amount(1234567, 'requests')).toBe('1,234,567');
  expect(amount(104220, 'tokens')).toBe('104,220 tokens');
  expect(amount(4.12, 'usd')).toBe('$4.12');
  expect(amount(null, 'requests')).toBe('–');
});

test('dollars have cents, and up to six decimals where they have them', () => {
  expect(money(5)).toBe('$5.00');
  expect(money(0.000123)).toBe('$0.000123');
});

test('shares and durations are short', () => {
  expect(percent(99.24)).toBe('99.2%');
  expect(percent(null)).toBe('–');
  expect(compact(220_000)).toMatch(/^220k$/i);
  expect(milliseconds(812)).toBe('812 ms');
  expect(milliseconds(1240)).toBe('1.2 s');
});

test('a quota of nothing is used up, and one without a limit has no share', () => {
  expect(usedShare(0, 0)).toBe(100);
  expect(usedShare(5, 10)).toBe(50);
  expect(usedShare(20, 10)).toBe(100);
  expect(usedShare(5, null)).toBeNull();
});

test('a time is relative, in the language of the page', () => {
  const now = new Date('2026-11-25T12:00:00Z');
  expect(relative('2026-11-25T11:57:00Z', now)).toBe('3 minutes ago');
  expect(relative('2026-12-04T12:00:01Z', now)).toBe('in 9 days');
  language.value = 'zh';
  expect(relative('2026-11-25T11:57:00Z', now)).toBe('3分钟前');
  expect(number(1234)).toBe('1,234');
});

test('days are counted over the ends of months', () => {
  expect(dayBefore(1, new Date(2026, 2, 1, 0, 5))).toBe('2026-02-28');
  expect(dayBefore(-1, new Date(2026, 11, 31, 23, 55))).toBe('2027-01-01');
});
