import { useState } from 'preact/hooks';
import type { Schemas } from '../../api/client';
import { FormDialog, useAct } from '../../components/dialog';
import { Input, Select } from '../../components/form';
import { Head, LiveMark } from '../../components/layout';
import { Badge, type Tone } from '../../components/shape';
import { Empty, Loaded } from '../../components/states';
import { Table } from '../../components/table';
import { Time } from '../../components/time';
import { toast } from '../../components/toast';
import { date, dayBefore, zone } from '../../format';
import { useLive } from '../../live';
import { language } from '../../preferences';
import { go, to } from '../../route';
import { api, mayChange } from '../../session';
import { text } from '../../text';
import { ReportTabs } from './tabs';

type Report = Schemas['Report'];

const tones: Record<Report['status'], Tone> = { ready: 'ok', queued: 'attention', failed: 'exhausted' };

/** Reports that are kept. */
export function ReportsScreen() {
  const live = useLive((signal) => api.get('/manage/reports', { query: { limit: 100 }, signal }), [], 4);
  const [creates, setCreates] = useState(false);
  const { reports: words } = text.value;
  const { columns } = words;
  return (
    <>
      <Head title={words.title}>
        <LiveMark at={live.at} />
        {mayChange() && (
          <button type="button" class="btn primary" onClick={() => setCreates(true)}>
            {words.create}
          </button>
        )}
      </Head>
      <ReportTabs at="reports" />
      <p class="lead">{words.lead}</p>
      <Loaded live={live} rows={5}>
        {({ reports }) =>
          reports.length === 0 ? (
            <Empty title={words.emptyTitle}>
              <p>{words.emptyText}</p>
            </Empty>
          ) : (
            <Table
              rows={reports}
              idOf={({ id }) => id}
              columns={[
                {
                  name: columns.period,
                  kind: 'title',
                  cell: (report) => (
                    <a class="name" href={to('reports', report.id)}>
                      {nameOf(report)}
                    </a>
                  ),
                },
                { name: columns.of, cell: ({ key, tenant }) => key ?? tenant ?? words.wholeService },
                { name: columns.language, cell: ({ language: wording }) => words.languages[wording] },
                { name: columns.made, cell: ({ requested_at: at }) => <Time at={at} /> },
                { name: columns.status, kind: 'end', cell: ({ status }) => <Badge tone={tones[status]}>{words.statuses[status]!}</Badge> },
              ]}
            />
          )
        }
      </Loaded>
      {creates && <MakeReport close={() => setCreates(false)} />}
    </>
  );
}

/** Its period, and its days where they are known. */
function nameOf({ period, from, to: end, time_zone: timeZone }: Report): string {
  const kind = text.value.reports.kinds[period]!;
  if (!from) return kind;
  const ends = end ? [from, new Date(Date.parse(end) - 1)] : [from];
  return text.value.reports.periodOf(kind, [...new Set(ends.map((day) => date(day, timeZone)))].join(' – '));
}

function MakeReport({ close }: { close: () => void }) {
  const [period, setPeriod] = useState('day');
  const [from, setFrom] = useState(dayBefore(7));
  const [end, setEnd] = useState(dayBefore(0));
  const [tenant, setTenant] = useState('');
  const [key, setKey] = useState('');
  const [wording, setWording] = useState<string>(language.value);
  const { reports: words, common } = text.value;
  const act = useAct(async () => {
    const span = period === 'days' ? { from, to: end } : { period: period as 'day' | 'week' | 'month' };
    const made = await api.post('/manage/reports', {
      body: { ...span, time_zone: zone(), language: wording as 'en' | 'zh', ...(tenant ? { tenant } : {}), ...(key ? { key } : {}) },
    });
    toast(words.asked);
    go('reports', made.id);
  });
  return (
    <FormDialog title={words.create} submit={words.make} act={act} close={close}>
      <div class="two">
        <Select label={words.period} value={period} change={setPeriod} options={Object.entries(words.periods)} fault={act.fault('period')} hint={text.value.common.pair(words.zone, zone())} />
        <Select label={words.columns.language} value={wording} change={setWording} options={Object.entries(words.languages)} />
      </div>
      {period === 'days' && (
        <div class="two">
          <Input label={words.from} type="date" value={from} change={setFrom} fault={act.fault('from')} />
          <Input label={words.to} type="date" value={end} change={setEnd} fault={act.fault('to')} />
        </div>
      )}
      <div class="two">
        <Input label={common.tenant} value={tenant} change={setTenant} hint={words.scopeHint} fault={act.fault('tenant')} />
        <Input label={words.keyId} value={key} change={setKey} fault={act.fault('key')} />
      </div>
    </FormDialog>
  );
}
