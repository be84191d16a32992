import { useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { type Alert, sayingOf, subjectOf, toneOf } from '../components/alert-text';
import { AuditTable } from '../components/audit-table';
import { Segments } from '../components/form';
import { Figures, Head, LiveMark, Section } from '../components/layout';
import { type Key, stateOf } from '../components/key-state';
import { Code } from '../components/secret';
import { Badge, Meter, Shape } from '../components/shape';
import { Bones, Empty, Failed, Loaded } from '../components/states';
import { Table } from '../components/table';
import { Time } from '../components/time';
import { type Span, UsageChart } from '../components/usage-chart';
import { amount, clock, date, dayBefore, hourBefore, money, none, number, percent, relative, zone } from '../format';
import { useLive } from '../live';
import { to } from '../route';
import { api, mayChange, seesAll } from '../session';
import { text } from '../text';
import { KeyDialog } from './keys/key-dialogs';
import { ProvidersTable, useProviders } from './providers';

const mostShown = 5;

/** The state of everything at a glance: what needs attention first. */
export function OverviewScreen() {
  const [days, setDays] = useState(7);
  const { overview, common } = text.value;
  const keys = useLive((signal) => api.get('/manage/keys', { query: { limit: 1 }, signal }), [], 30);
  const usage = useUsage(days);
  const report = useReport(days);
  return (
    <>
      <Head title={overview.title}>
        <LiveMark at={usage.live.at} />
        <Segments label={overview.range} value={days} change={setDays} options={[1, 7, 30].map((value) => [value, common.days[value]!])} />
      </Head>
      {keys.data?.total === 0 ? (
        <FirstKey />
      ) : (
        <>
          {seesAll() && <Attention report={report.data} />}
          <OverviewFigures days={days} now={usage.live.data?.total} report={report.data} />
          <Section title={usage.span === 'day' ? overview.perDay : overview.perHour}>
            <Loaded live={usage.live} rows={5}>
              {({ usage: items }) => <UsageChart title={overview.perDay} usage={items} from={usage.from} span={usage.span} />}
            </Loaded>
          </Section>
          <Section title={overview.nearest} aside={<a href={to('keys')}>{overview.allKeys}</a>}>
            {report.data ? <Nearest keys={report.data.nearest_to_end} /> : report.error ? <Failed error={report.error} retry={report.reload} /> : <Bones />}
          </Section>
          {seesAll() && <ProvidersSection />}
          {seesAll() && <LastActs />}
        </>
      )}
    </>
  );
}

/** What was used in the last days, by day, or by hour of the last day. By provider: these are few, and keys may be many. */
function useUsage(days: number) {
  const span: Span = days === 1 ? 'hour' : 'day';
  const start = span === 'hour' ? hourBefore(23) : dayBefore(days - 1);
  const live = useLive((signal) => api.get('/manage/usage', { query: { from: start, granularity: span, group_by: 'provider', time_zone: zone() }, signal }), [start, span], 10);
  return { live, span, from: span === 'hour' ? new Date(start) : new Date(`${start}T00:00`) };
}

/** What is worked out over all keys, and so is not asked for often. Its days are whole ones: the day that is not over is among them. */
function useReport(days: number) {
  const query = { from: dayBefore(days - 1), to: dayBefore(-1), time_zone: zone(), omit_keys: true };
  return useLive(
    async (signal) => (await api.get('/manage/reports/{report}', { path: { report: 'current' }, query, signal })) as Schemas['QuotaReport'],
    [query],
    120,
  );
}

function FirstKey() {
  const { overview } = text.value;
  return (
    <Empty title={overview.firstTitle}>
      <p>{overview.firstText}</p>
      <Code value={`curl ${location.origin}/manage/keys -H "Authorization: Bearer $ADMIN_TOKEN" -H 'Content-Type: application/json' -d '{"name":"first","quota":1000}'`} />
      <a class="btn primary" href={to('keys')}>
        {text.value.keys.create}
      </a>
    </Empty>
  );
}

function Attention({ report }: { report: Schemas['QuotaReport'] | undefined }) {
  const live = useLive((signal) => api.get('/manage/alerts', { query: { limit: 100 }, signal }), [], 5);
  const [toppedUp, setToppedUp] = useState<Key>();
  const { overview, common, alerts: words } = text.value;
  return (
    <Loaded live={live} rows={3}>
      {({ alerts }) => {
        const urgent = alerts.toSorted((one, other) => urgency(other) - urgency(one) || Date.parse(other.opened_at) - Date.parse(one.opened_at));
        return (
          <>
            <p class="verdict">{overview.verdict(alerts.length)}</p>
            <p>
              {common.sentences([alerts.length === 0 ? overview.calm : overview.rest, ...(report ? [overview.active(number(report.active_keys), number(report.key_count))] : [])])}
            </p>
            {urgent.length > 0 && (
              <ul class="todo" aria-label={words.title}>
                {urgent.slice(0, mostShown).map((alert) => (
                  <Todo key={alert.id} alert={alert} topUp={setToppedUp} />
                ))}
              </ul>
            )}
            {urgent.length > mostShown && (
              <p class="after">
                <a href={to('alerts')}>{overview.allAlerts(number(urgent.length - mostShown))}</a>
              </p>
            )}
            {toppedUp && <KeyDialog act="topUp" subject={toppedUp} changed={live.reload} close={() => setToppedUp(undefined)} />}
          </>
        );
      }}
    </Loaded>
  );
}

const urgency = (alert: Alert) => (toneOf(alert) === 'exhausted' ? 1 : 0);

function Todo({ alert, topUp }: { alert: Alert; topUp: (key: Key) => void }) {
  const { name, href, isKey } = subjectOf(alert);
  const { acts, common } = text.value;
  const canTopUp = mayChange() && isKey && alert.rule.startsWith('quota_');
  return (
    <li>
      <Shape tone={toneOf(alert)} />
      <span class="who">{href ? <a href={href}>{name}</a> : name}</span>
      <span class="say">{sayingOf(alert)}</span>
      <span class="since">
        {common.since('')}
        <Time at={alert.opened_at} as={sinceOf} />
      </span>
      <span class="do">
        {canTopUp ? (
          <button type="button" class="btn sm" onClick={async () => topUp(await api.get('/manage/keys/{key}', { path: { key: alert.subject } }))}>
            {acts.topUp}
          </button>
        ) : (
          href && (
            <a class="btn sm" href={href}>
              {common.open}
            </a>
          )
        )}
      </span>
    </li>
  );
}

const sinceOf = (at: string) => (Date.now() - Date.parse(at) < 86_400_000 ? clock(at) : date(at));

function OverviewFigures({ days, now, report }: { days: number; now: Schemas['UsageCounts'] | undefined; report: Schemas['QuotaReport'] | undefined }) {
  const { overview, common } = text.value;
  // Of a report by whole days the last 24 hours are no part
  const before = days === 1 ? undefined : report?.total_before;
  const was = (value: string | undefined) => (value === undefined ? '' : common.pair(common.before[days]!, value));
  const costBefore = days === 1 ? undefined : report?.units.find(({ unit }) => unit === 'usd')?.used_before;
  const rate = now && now.success + now.failed > 0 ? (now.success / (now.success + now.failed)) * 100 : null;
  return (
    <Figures
      figures={[
        { name: overview.requests, value: number(now?.requests), note: was(before && number(before.requests)) },
        { name: overview.succeeded, value: percent(rate), note: was(before && percent(before.success_rate)) },
        { name: overview.refused, value: number(now?.refused), note: overview.refusedNote },
        now?.costs.usd !== undefined
          ? { name: overview.cost, value: money(now.costs.usd), note: was(costBefore === undefined ? undefined : money(costBefore)) }
          : { name: overview.tokens, value: now ? number(now.tokens_in + now.tokens_out) : none, note: was(before && number(before.tokens_in + before.tokens_out)) },
        { name: overview.activeKeys, value: number(report?.active_keys), note: report ? overview.ofAll(number(report.key_count)) : '' },
      ]}
    />
  );
}

function Nearest({ keys }: { keys: Schemas['ReportKey'][] }) {
  const { overview } = text.value;
  if (keys.length === 0) return <p class="dim">{overview.noKeys}</p>;
  return (
    <Table
      rows={keys.slice(0, mostShown)}
      idOf={({ key }) => key}
      columns={[
        {
          name: overview.key,
          kind: 'title',
          cell: ({ key, name }) => (
            <>
              <a class="name" href={to('keys', key)}>
                {name ?? key}
              </a>
              <span class="id">{key.slice(0, 10)}</span>
            </>
          ),
        },
        { name: text.value.common.tenant, cell: ({ tenant }) => tenant },
        {
          name: overview.quotaUsed,
          kind: 'quota',
          cell: (key) => <Meter used={usedOf(key)} quota={key.limit} tone={toneOfKey(key)} label={percent(key.usage_rate)} />,
        },
        { name: overview.left, kind: 'n', cell: ({ remaining, unit }) => amount(remaining, unit) },
        { name: overview.requests, kind: 'n', cell: ({ requests }) => number(requests) },
        { name: overview.ends, kind: 'end', cell: endOf },
      ]}
    />
  );
}

const usedOf = ({ limit, remaining }: Schemas['ReportKey']) => (limit === null || remaining === null ? 0 : limit - remaining);

const toneOfKey = (key: Schemas['ReportKey']) => stateOf({ status: 'active', used: usedOf(key), quota: key.limit, remaining: key.remaining }).tone;

/** When it will be used up at its rate of late. */
function endOf(key: Schemas['ReportKey']) {
  const { overview } = text.value;
  const tone = toneOfKey(key);
  if (tone === 'exhausted') return <Badge tone={tone}>{overview.usedUp}</Badge>;
  if (!key.runs_out_at) return <span class="faint">{overview.noEnd}</span>;
  return endsSoon(key.runs_out_at) ? <Badge tone="attention">{relative(key.runs_out_at)}</Badge> : <Time at={key.runs_out_at} />;
}

/** Within a week: somebody should look at it. */
const endsSoon = (at: string) => Date.parse(at) - Date.now() < 7 * 86_400_000;

function ProvidersSection() {
  const live = useProviders();
  return (
    <Section title={text.value.overview.providers} aside={<a href={to('providers')}>{text.value.common.open}</a>}>
      <Loaded live={live}>{(providers) => <ProvidersTable providers={providers} />}</Loaded>
    </Section>
  );
}

function LastActs() {
  const live = useLive((signal) => api.get('/manage/audit', { query: { limit: mostShown }, signal }), [], 10);
  const { overview } = text.value;
  return (
    <Section title={overview.lastActs} aside={<a href={to('audit')}>{overview.allActs}</a>}>
      <Loaded live={live}>{({ actions }) => <AuditTable actions={actions} />}</Loaded>
    </Section>
  );
}
