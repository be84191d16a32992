import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { AuditTable } from '../../components/audit-table';
import { Head, LiveMark, Section, Sums } from '../../components/layout';
import { type Key, leftOf, stateOf } from '../../components/key-state';
import { LogTable } from '../../components/log-table';
import { Badge, Meter } from '../../components/shape';
import { Statement } from '../../components/statement';
import { Loaded } from '../../components/states';
import { Day, Time } from '../../components/time';
import { UsageSection } from '../../components/usage-section';
import { amount, none, number, percent, relative, usedShare } from '../../format';
import { useLive } from '../../live';
import { to } from '../../route';
import { api, mayChange, seesAll } from '../../session';
import { text } from '../../text';
import { enableKey, type KeyAct, KeyDialog } from '../keys/key-dialogs';
import { Books } from './books';
import { Forecast } from './forecast';

/** One key: what it has, what it did, and what can be done with it. */
export function KeyScreen({ id }: { id: string }) {
  const live = useLive((signal) => api.get('/manage/keys/{key}', { path: { key: id }, signal }), [id], 3);
  const { nav } = text.value;
  return (
    <Loaded live={live} rows={8}>
      {(key) => (
        <>
          <Head title={key.name} crumb={<a href={to('keys')}>{nav.keys}</a>}>
            <LiveMark at={live.at} />
          </Head>
          <KeyActs subject={key} changed={live.reload} />
          <p class="verdict">{sentenceOf(key)}</p>
          <p>{key.status === 'active' && key.quota !== null ? <Forecast subject={key} dates={datesOf(key)} /> : text.value.common.sentences(datesOf(key))}</p>
          {key.quota !== null && (
            <div class="after">
              <Statement subject={key} />
              <Meter used={key.used} held={key.held} quota={key.quota} tone={stateOf(key).tone} label={percent(usedShare(key.used, key.quota))} />
            </div>
          )}
          <UsageSection load={(query, signal) => api.get('/manage/usage', { query: { ...query, key: id }, signal })} id={id} unit={key.unit} />
          <KeyLog subject={key} />
          <div class="cols even">
            <Section title={text.value.key.settings}>
              <Settings subject={key} />
            </Section>
            <Books id={id} unit={key.unit} />
          </div>
          {seesAll() && <KeyAudit id={id} />}
        </>
      )}
    </Loaded>
  );
}

function sentenceOf(key: Key): string {
  const { sentence } = text.value.key;
  if (key.status !== 'active') return sentence[key.status];
  if (key.remaining === null) return sentence.unlimited;
  return key.remaining <= 0 ? sentence.usedUp : sentence.active(key.unit === 'requests' ? text.value.common.requests(leftOf(key)) : leftOf(key));
}

function datesOf({ resets_at: resets, expires_at: expires, status }: Key): string[] {
  const words = text.value.key;
  return [...(resets ? [words.refills(relative(resets))] : []), ...(expires && status === 'active' ? [words.expires(relative(expires))] : [])];
}

/** How the key stands, and what can be done with it. */
function KeyActs({ subject, changed }: { subject: Key; changed: () => void }) {
  const [open, setOpen] = useState<KeyAct>();
  const { acts, common } = text.value;
  const { tone, word } = stateOf(subject);
  const button = (act: KeyAct, name: string, danger = false) => (
    <button type="button" class={`btn sm${danger ? ' danger' : ''}`} onClick={() => setOpen(act)}>
      {name}
    </button>
  );
  return (
    <div class="acts">
      <Badge tone={tone}>{word}</Badge>
      <span class="mono faint small">{subject.id}</span>
      {mayChange() && subject.status !== 'revoked' && (
        <span class="push">
          {subject.quota !== null && button('topUp', acts.topUp)}
          {button('change', common.change)}
          {button('rotate', acts.rotate)}
          {button('reset', acts.reset)}
          {subject.status === 'disabled' ? (
            <button type="button" class="btn sm" onClick={() => enableKey(subject, changed)}>
              {acts.enable}
            </button>
          ) : (
            button('disable', acts.disable)
          )}
          {button('revoke', acts.revokeKey, true)}
        </span>
      )}
      {open && <KeyDialog act={open} subject={subject} changed={changed} close={() => setOpen(undefined)} />}
    </div>
  );
}

function KeyLog({ subject }: { subject: Key }) {
  const live = useLive((signal) => api.get('/manage/keys/{key}/logs', { path: { key: subject.id }, query: { page_size: 20 }, signal }), [subject.id], 3);
  const { key: words, log } = text.value;
  return (
    <Section title={words.log} aside={<span class="small faint">{words.liveLog}</span>}>
      <Loaded live={live}>{({ logs }) => (logs.length === 0 ? <p class="dim">{log.none}</p> : <LogTable rows={logs} />)}</Loaded>
    </Section>
  );
}

function Settings({ subject }: { subject: Key }) {
  const { fields, refillOf } = text.value.key;
  const { form, common } = text.value;
  const list = (items: readonly string[]) => (items.length === 0 ? common.all : items.join(', '));
  const { refill } = subject;
  const rows: [string, ComponentChildren][] = [
    [fields.type, form.types[subject.quota_type]],
    [fields.unit, common.units[subject.unit]],
    [fields.refill, refill ? refillOf(amount(refill.amount, subject.unit), form.refills[refill.period]!, refill.time_zone) : form.refills['']],
    [fields.expires, subject.expires_at ? <Day at={subject.expires_at} /> : form.refills['']],
    [fields.rate, subject.rate_limit_per_minute === null ? common.unlimited : number(subject.rate_limit_per_minute)],
    [fields.concurrent, subject.max_concurrent === null ? common.unlimited : number(subject.max_concurrent)],
    [fields.maxCost, subject.max_cost === null ? common.unlimited : amount(subject.max_cost, subject.unit)],
    [fields.pool, subject.pool ?? common.none],
    [fields.tenant, subject.tenant ?? none],
    [fields.email, subject.email ?? none],
    [fields.providers, list(subject.allowed_providers)],
    [fields.models, list(subject.allowed_models)],
    [fields.ips, list(subject.allowed_ips)],
    [fields.created, <Time at={subject.created_at} />],
    [fields.last, subject.last_used_at ? <Time at={subject.last_used_at} /> : text.value.keys.never],
    ...Object.entries(subject.metadata).map(([name, value]): [string, string] => [text.value.common.pair(fields.metadata, name), value as string]),
  ];
  return <Sums rows={rows} />;
}

function KeyAudit({ id }: { id: string }) {
  const live = useLive((signal) => api.get('/manage/audit', { query: { target: id, limit: 10 }, signal }), [id], 10);
  const { key: words } = text.value;
  return (
    <Section title={words.acts}>
      <Loaded live={live}>{({ actions }) => (actions.length === 0 ? <p class="dim">{words.noActs}</p> : <AuditTable actions={actions} withTarget={false} withDetails />)}</Loaded>
    </Section>
  );
}
