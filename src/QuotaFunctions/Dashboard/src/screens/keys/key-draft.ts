import type { Schemas } from '../../api/client';
import type { Key } from '../../components/key-state';
import { amount, date, number, zone } from '../../format';
import { text } from '../../text';

/** A key's settings as they are typed in. */
export interface Draft {
  name: string;
  quota: string;
  unit: string;
  type: string;
  expires: string;
  refill: string;
  refillAmount: string;
  refillZone: string;
  tenant: string;
  email: string;
  prefix: string;
  rate: string;
  concurrent: string;
  maxCost: string;
  pool: string;
  providers: string;
  models: string;
  ips: string;
}

export const newDraft = (): Draft => ({
  name: '',
  quota: '1000',
  unit: 'requests',
  type: 'count',
  expires: '',
  refill: '',
  refillAmount: '',
  refillZone: zone(),
  tenant: '',
  email: '',
  prefix: '',
  rate: '',
  concurrent: '',
  maxCost: '',
  pool: '',
  providers: '',
  models: '',
  ips: '',
});

const typed = (value: number | null) => (value === null ? '' : String(value));

export const draftOf = (key: Key): Draft => ({
  name: key.name,
  quota: typed(key.quota),
  unit: key.unit,
  type: key.quota_type,
  expires: key.expires_at === null ? '' : localOf(key.expires_at),
  refill: key.refill?.period ?? '',
  refillAmount: typed(key.refill?.amount ?? null),
  refillZone: key.refill?.time_zone ?? zone(),
  tenant: key.tenant ?? '',
  email: key.email ?? '',
  prefix: key.prefix,
  rate: typed(key.rate_limit_per_minute),
  concurrent: typed(key.max_concurrent),
  maxCost: typed(key.max_cost),
  pool: key.pool ?? '',
  providers: key.allowed_providers.join(', '),
  models: key.allowed_models.join(', '),
  ips: key.allowed_ips.join(', '),
});

/** What the service takes for a new key: nothing of what was left empty. */
export function newKeyOf(draft: Draft): Schemas['NewKey'] {
  const { name, ...rest } = fieldsOf(draft);
  return { name: name ?? '', ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)) };
}

/** What has changed, and null for what was cleared. */
export function changeOf(before: Draft, after: Draft): Schemas['KeyChange'] {
  const was = fieldsOf(before);
  return Object.fromEntries(Object.entries(fieldsOf(after)).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name as keyof typeof was])));
}

function fieldsOf(draft: Draft) {
  return {
    name: draft.name.trim() || null,
    quota: draft.type === 'time' ? null : numberOf(draft.quota),
    unit: draft.unit,
    quota_type: draft.type,
    expires_at: draft.expires ? new Date(draft.expires).toISOString() : null,
    refill: draft.refill && draft.type !== 'time' ? { period: draft.refill, amount: numberOf(draft.refillAmount) ?? numberOf(draft.quota), time_zone: draft.refillZone } : null,
    tenant: draft.tenant.trim() || null,
    email: draft.email.trim() || null,
    prefix: draft.prefix.trim() || null,
    rate_limit_per_minute: numberOf(draft.rate),
    max_concurrent: numberOf(draft.concurrent),
    max_cost: numberOf(draft.maxCost),
    pool: draft.pool || null,
    allowed_providers: listOf(draft.providers),
    allowed_models: listOf(draft.models),
    allowed_ips: listOf(draft.ips),
  };
}

/** Reads back what will be made, as a sentence. */
export function readbackOf(draft: Draft): string {
  const { form } = text.value;
  const name = draft.name.trim() || form.unnamed;
  const quota = amount(numberOf(draft.quota), draft.unit);
  return form.readback(
    [
      draft.type === 'time' ? form.mayUnlimited(name) : form.may(name, draft.unit === 'requests' ? text.value.common.requests(quota) : quota),
      draft.expires ? form.untilDate(date(draft.expires)) : '',
      draft.refill && draft.type !== 'time' ? form.refilled(amount(numberOf(draft.refillAmount) ?? numberOf(draft.quota), draft.unit), form.refills[draft.refill]!) : '',
      numberOf(draft.rate) === null ? '' : form.perMinute(number(numberOf(draft.rate))),
    ].filter(Boolean),
  );
}

const numberOf = (value: string) => (value.trim() === '' ? null : Number(value));

const listOf = (value: string) => {
  const items = value.split(/[,，]/).map((item) => item.trim()).filter(Boolean);
  return items.length > 0 ? items : null;
};

/** A moment as a field for local times wants it: 2026-11-25T14:02. */
function localOf(at: string): string {
  const moment = new Date(at);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
