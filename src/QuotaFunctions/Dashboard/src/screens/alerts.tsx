import { useState } from 'preact/hooks';
import { type Alert, sayingOf, subjectOf, toneOf } from '../components/alert-text';
import { FormDialog, useAct } from '../components/dialog';
import { Segments, Select } from '../components/form';
import { Head, LiveMark } from '../components/layout';
import { Shape } from '../components/shape';
import { Empty, Loaded } from '../components/states';
import { Time } from '../components/time';
import { toast } from '../components/toast';
import { useLive } from '../live';
import { api, mayChange } from '../session';
import { text } from '../text';

type Status = 'open' | 'snoozed' | 'resolved' | 'all';

/** What needs attention, and what did. */
export function AlertsScreen() {
  const [status, setStatus] = useState<Status>('open');
  const [snoozed, setSnoozed] = useState<Alert>();
  const live = useLive((signal) => api.get('/manage/alerts', { query: { status, limit: 200 }, signal }), [status], 5);
  const { alerts: words, overview } = text.value;
  const test = useAct(async () => {
    const { recipients, webhooks } = await api.post('/manage/alerts/test');
    toast(words.tested(recipients + webhooks.length));
  });
  return (
    <>
      <Head title={words.title}>
        <LiveMark at={live.at} />
        {mayChange() && (
          <button type="button" class="btn" disabled={test.busy} onClick={test.run}>
            {words.test}
          </button>
        )}
      </Head>
      <div class="filters">
        <Segments label={text.value.common.status} value={status} change={setStatus} options={Object.entries(words.statuses) as [Status, string][]} />
      </div>
      <Loaded live={live} rows={5}>
        {({ alerts }) =>
          alerts.length === 0 ? (
            <Empty title={words.none[status]!} />
          ) : (
            <>
              {status === 'open' && <p class="verdict">{overview.verdict(alerts.length)}</p>}
              <ul class="todo">
                {alerts.map((alert) => (
                  <AlertRow key={alert.id} alert={alert} snooze={() => setSnoozed(alert)} changed={live.reload} />
                ))}
              </ul>
            </>
          )
        }
      </Loaded>
      {snoozed && <SnoozeDialog alert={snoozed} changed={live.reload} close={() => setSnoozed(undefined)} />}
    </>
  );
}

function AlertRow({ alert, snooze, changed }: { alert: Alert; snooze: () => void; changed: () => void }) {
  const { name, href } = subjectOf(alert);
  const { alerts: words } = text.value;
  const resolve = useAct(async () => {
    await api.post('/manage/alerts/{alert}/resolve', { path: { alert: alert.id } });
    toast(words.resolved);
    changed();
  });
  return (
    <li>
      <Shape tone={toneOf(alert)} />
      <span class="who">{href ? <a href={href}>{name}</a> : name}</span>
      <span class="say">{sayingOf(alert)}</span>
      <span class="since">
        {alert.status === 'snoozed' && alert.snoozed_until ? words.until('') : ''}
        <Time at={(alert.status === 'snoozed' ? alert.snoozed_until : alert.status === 'resolved' ? alert.resolved_at : alert.opened_at) ?? alert.opened_at} />
      </span>
      <span class="do">
        {mayChange() && alert.status !== 'resolved' && (
          <>
            <button type="button" class="btn sm quiet" onClick={snooze}>
              {words.snooze}
            </button>
            <button type="button" class="btn sm" disabled={resolve.busy} onClick={resolve.run}>
              {words.resolve}
            </button>
          </>
        )}
      </span>
    </li>
  );
}

function SnoozeDialog({ alert, changed, close }: { alert: Alert; changed: () => void; close: () => void }) {
  const [seconds, setSeconds] = useState('28800');
  const { alerts: words } = text.value;
  const act = useAct(async () => {
    await api.post('/manage/alerts/{alert}/snooze', { path: { alert: alert.id }, body: { for_seconds: Number(seconds) } });
    toast(words.snoozed);
    changed();
  });
  return (
    <FormDialog title={text.value.common.pair(words.snooze, subjectOf(alert).name)} submit={words.snooze} act={act} close={close}>
      <p>{sayingOf(alert)}</p>
      <Select label={words.snoozeFor} value={seconds} change={setSeconds} options={Object.entries(words.snoozes)} />
    </FormDialog>
  );
}
