import { language } from './preferences';

/** The reader's own form of the page's language, where the browser has one: en-GB, zh-TW. */
export function locale(): string {
  return navigator.languages.find((known) => known.startsWith(language.value)) ?? (language.value === 'zh' ? 'zh-CN' : 'en');
}

export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

/** Formats are costly to make, and a table needs hundreds. */
function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(name: string, make: (locale: string) => T): T {
  const key = `${locale()} ${name}`;
  const found = formats.get(key) ?? make(locale());
  formats.set(key, found);
  return found as T;
}

const numbers = (name: string, options: Intl.NumberFormatOptions) => cached(name, (locale) => new Intl.NumberFormat(locale, options));
const times = (name: string, options: Intl.DateTimeFormatOptions) => cached(name, (locale) => new Intl.DateTimeFormat(locale, options));

export const none = '–';

/** 1,284,903 */
export const number = (value: number | null | undefined) => (value == null ? none : numbers('number', { maximumFractionDigits: 6 }).format(value));

/** 220K, for axes. */
export const compact = (value: number) => numbers('compact', { notation: 'compact', maximumFractionDigits: 1 }).format(value);

/** 99.2 %, from 0 to 100. */
export const percent = (value: number | null | undefined) =>
  value == null ? none : numbers('percent', { style: 'percent', maximumFractionDigits: 1 }).format(value / 100);

/** $412.08: cents, and further digits where there are some. */
export const money = (value: number) => numbers('money', { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', minimumFractionDigits: 2, maximumFractionDigits: 6 }).format(value);

/** A quota's amount in its unit: 352, 104,220 tokens, $4.12. */
export function amount(value: number | null | undefined, unit: string | undefined): string {
  if (value == null) return none;
  if (unit === 'usd') return money(value);
  return unit === 'tokens' ? `${number(value)} ${language.value === 'zh' ? 'token' : 'tokens'}` : number(value);
}

/** 812 ms, 1.2 s */
export const milliseconds = (value: number | null | undefined) => (value == null ? none : value < 1000 ? `${number(Math.round(value))} ms` : `${number(Math.round(value / 100) / 10)} s`);

/** The share of a quota that is used, 0 to 100; null without a limit. */
export const usedShare = (used: number, quota: number | null) => (quota == null ? null : quota <= 0 ? 100 : Math.min(100, (used / quota) * 100));

/** 25 Nov 2026, 14:02:11 GMT+1: the exact moment, for hovering. */
export const exact = (at: string | Date) => times('exact', { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(at));

/** 25 November, and the year where it is another; in the reader's zone or another. */
export function date(at: string | Date, timeZone = zone()): string {
  const day = new Date(at);
  const sameYear = day.getFullYear() === new Date().getFullYear();
  return times(`date ${sameYear} ${timeZone}`, { day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' }), timeZone }).format(day);
}

/** 14:02, in the reader's zone or another. */
export const clock = (at: string | Date, timeZone = zone()) => times(`clock ${timeZone}`, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(new Date(at));

/** 14:02:11 */
export const clockSeconds = (at: string | Date) => times('seconds', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(new Date(at));

/** Thu 19, in the reader's zone or another. */
export const weekday = (at: string | Date, timeZone = zone()) => times(`weekday ${timeZone}`, { weekday: 'short', day: 'numeric', timeZone }).format(new Date(at));

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** "3 minutes ago", "in 9 days"; from a month on the date. */
export function relative(at: string | Date, now = new Date()): string {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) >= 30 * 86_400) return date(at);
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  const form = cached('relative', (locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
  return form.format(Math.trunc(seconds / size), unit);
}

/** The day, midnight in the reader's zone, so many days before now: 2026-11-23. */
export function dayBefore(days: number, now = new Date()): string {
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days);
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
}

/** The moment so many hours before now, to the full hour. */
export const hourBefore = (hours: number, now = Date.now()) => new Date(Math.floor(now / 3_600_000) * 3_600_000 - hours * 3_600_000).toISOString();
