import { useState } from 'preact/hooks';
import { Confirm } from '../components/dialog';
import { Head, Sums } from '../components/layout';
import { Loaded } from '../components/states';
import { Time } from '../components/time';
import { toast } from '../components/toast';
import { number } from '../format';
import { useLive } from '../live';
import { api, mayChange } from '../session';
import { text } from '../text';

/** How long the log is kept, and what was deleted of it. */
export function RetentionScreen() {
  const live = useLive((signal) => api.get('/manage/retention', { signal }), [], 15);
  const [runs, setRuns] = useState(false);
  const { retention: words } = text.value;
  return (
    <>
      <Head title={words.title}>
        {mayChange() && (
          <button type="button" class="btn" disabled={!live.data} onClick={() => setRuns(true)}>
            {words.run}
          </button>
        )}
      </Head>
      <Loaded live={live}>
        {(retention) => (
          <>
            <p class="verdict">{retention.enabled ? words.on(number(retention.retention_days)) : words.off}</p>
            <p>{text.value.common.sentences([words.lead, ...(retention.running ? [words.running] : [])])}</p>
            <div class="after narrow">
              <Sums
                rows={[
                  [words.next, retention.enabled && retention.next_cleanup_time ? <Time at={retention.next_cleanup_time} /> : words.never],
                  [words.last, retention.last_cleanup_time ? <Time at={retention.last_cleanup_time} /> : words.never],
                  [words.lastCount, number(retention.last_cleanup_count)],
                  ...(retention.last_cleanup_failures > 0 ? [[words.failures, number(retention.last_cleanup_failures)] as [string, string]] : []),
                  [words.total, number(retention.total_cleaned_count)],
                  [words.interval, words.hours(number(parseInt(retention.cleanup_interval)))],
                  [words.batch, number(retention.batch_size)],
                ]}
              />
            </div>
          </>
        )}
      </Loaded>
      {runs && live.data && (
        <Confirm
          title={words.run}
          says={words.runSays(number(live.data.retention_days))}
          submit={words.run}
          close={() => setRuns(false)}
          act={async () => {
            await api.post('/manage/retention/run');
            toast(words.started);
            live.reload();
          }}
        />
      )}
    </>
  );
}
