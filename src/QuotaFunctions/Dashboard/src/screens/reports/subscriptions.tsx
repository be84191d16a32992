import { useState } from 'preact/hooks';
import type { Schemas } from '../../api/client';
import { Confirm, FormDialog, useAct } from '../../components/dialog';
import { Input, Select } from '../../components/form';
import { Head, LiveMark } from '../../components/layout';
import { Badge } from '../../components/shape';
import { Empty, Failed, Loaded } from '../../components/states';
import { Table } from '../../components/table';
import { Time } from '../../components/time';
import { toast } from '../../components/toast';
import { zone } from '../../format';
import { useLive } from '../../live';
import { language } from '../../preferences';
import { api, mayChange } from '../../session';
import { text } from '../../text';
import { ReportTabs } from './tabs';

type Subscription = Schemas['Subscription'];

/** Who gets reports by mail. */
export function SubscriptionsScreen() {
  const live = useLive((signal) => api.get('/manage/subscriptions', { signal }), [], 10);
  const [open, setOpen] = useState<{ act: 'create' } | { act: 'change' | 'delete'; subject: Subscription }>();
  const { subscriptions: words } = text.value;
  const close = () => setOpen(undefined);
  return (
    <>
      <Head title={text.value.nav.subscriptions}>
        <LiveMark at={live.at} />
        {mayChange() && (
          <button type="button" class="btn primary" onClick={() => setOpen({ act: 'create' })}>
            {words.create}
          </button>
        )}
      </Head>
      <ReportTabs at="subscriptions" />
      <p class="lead">{words.lead}</p>
      <Loaded live={live}>
        {({ subscriptions }) =>
          subscriptions.length === 0 ? (
            <Empty title={words.emptyTitle}>
              <p>{words.emptyText}</p>
            </Empty>
          ) : (
            <Table
              rows={subscriptions}
              idOf={({ id }) => id}
              columns={[
                { name: words.columns.name, kind: 'title', cell: ({ name }) => <span class="name">{name}</span> },
                { name: words.columns.recipients, kind: 'full', cell: ({ recipients }) => recipients.join(', ') },
                { name: words.columns.period, cell: ({ period, language: wording }) => `${words.periods[period]}, ${text.value.reports.languages[wording]}` },
                {
                  name: words.columns.next,
                  cell: ({ status, next_at: next }) => (status === 'paused' ? <Badge tone="off">{words.paused}</Badge> : next && <Time at={next} />),
                },
                { name: words.columns.last, cell: ({ last_sent_at: last }) => (last ? <Time at={last} /> : <span class="faint">{words.never}</span>) },
                mayChange() && {
                  name: text.value.common.change,
                  kind: 'buttons',
                  cell: (subject) => <Acts subject={subject} changed={live.reload} open={(act) => setOpen({ act, subject })} />,
                },
              ]}
            />
          )
        }
      </Loaded>
      {open?.act === 'create' && <SubscriptionForm changed={live.reload} close={close} />}
      {open?.act === 'change' && <SubscriptionForm subject={open.subject} changed={live.reload} close={close} />}
      {open?.act === 'delete' && (
        <Confirm
          title={text.value.common.pair(words.delete, open.subject.name)}
          says={words.deleteSays(open.subject.name)}
          submit={words.delete}
          word={open.subject.name}
          close={close}
          act={async () => {
            await api.delete('/manage/subscriptions/{subscription}', { path: { subscription: open.subject.id } });
            toast(words.deleted(open.subject.name));
            live.reload();
          }}
        />
      )}
    </>
  );
}

function Acts({ subject, changed, open }: { subject: Subscription; changed: () => void; open: (act: 'change' | 'delete') => void }) {
  const { subscriptions: words, common } = text.value;
  const path = { subscription: subject.id };
  const test = useAct(async () => {
    await api.post('/manage/subscriptions/{subscription}/test', { path, body: {} });
    toast(words.tested(subject.recipients.join(', ')));
  });
  const pause = useAct(async () => {
    await api.patch('/manage/subscriptions/{subscription}', { path, body: { status: subject.status === 'active' ? 'paused' : 'active' } });
    changed();
  });
  const isActive = subject.status === 'active';
  const error = test.error ?? pause.error;
  return (
    <>
      <button type="button" class="btn sm quiet" disabled={test.busy} onClick={test.run}>
        {words.test}
      </button>
      <button type="button" class="btn sm quiet" disabled={pause.busy} onClick={pause.run}>
        {isActive ? words.pause : words.resume}
      </button>
      <button type="button" class="btn sm quiet" onClick={() => open('change')}>
        {common.change}
      </button>
      <button type="button" class="btn sm quiet" onClick={() => open('delete')}>
        {words.delete}
      </button>
      {error && <Failed error={error} />}
    </>
  );
}

function SubscriptionForm({ subject, changed, close }: { subject?: Subscription; changed: () => void; close: () => void }) {
  const [name, setName] = useState(subject?.name ?? '');
  const [recipients, setRecipients] = useState(subject?.recipients.join(', ') ?? '');
  const [period, setPeriod] = useState<Subscription['period']>(subject?.period ?? 'week');
  const [wording, setWording] = useState<Subscription['language']>(subject?.language ?? language.value);
  const [schedule, setSchedule] = useState(subject?.schedule ?? '0 0 8 * * *');
  const [timeZone, setTimeZone] = useState(subject?.time_zone ?? zone());
  const [tenant, setTenant] = useState(subject?.tenant ?? '');
  const { subscriptions: words, reports, common } = text.value;
  const act = useAct(async () => {
    const body = { name, recipients: recipients.split(/[,，\s]+/).filter(Boolean), period, language: wording, schedule, time_zone: timeZone, tenant: tenant || null };
    if (subject) await api.patch('/manage/subscriptions/{subscription}', { path: { subscription: subject.id }, body });
    else await api.post('/manage/subscriptions', { body });
    changed();
  });
  return (
    <FormDialog title={subject ? words.change(subject.name) : words.create} submit={subject ? common.save : common.create} act={act} close={close}>
      <Input label={common.name} value={name} change={setName} fault={act.fault('name')} autoFocus />
      <Input label={words.recipients} value={recipients} change={setRecipients} hint={words.recipientsHint} fault={act.fault('recipients')} />
      <div class="two">
        <Select label={words.columns.period} value={period} change={(value) => setPeriod(value as Subscription['period'])} options={Object.entries(words.periods)} />
        <Select label={reports.columns.language} value={wording} change={(value) => setWording(value as Subscription['language'])} options={Object.entries(reports.languages)} />
      </div>
      <div class="three">
        <Input label={words.schedule} value={schedule} change={setSchedule} hint={words.scheduleHint} fault={act.fault('schedule')} mono />
        <Input label={reports.zone} value={timeZone} change={setTimeZone} fault={act.fault('time_zone')} />
        <Input label={common.tenant} value={tenant} change={setTenant} hint={reports.scopeHint} fault={act.fault('tenant')} />
      </div>
    </FormDialog>
  );
}
