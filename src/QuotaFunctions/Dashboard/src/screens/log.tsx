import { address } from '../api/client';
import { Pick, TypedFilter, useFilter } from '../components/filter';
import { Head, LiveMark } from '../components/layout';
import { LogTable } from '../components/log-table';
import { NewestFirstPager } from '../components/newest-first-pager';
import { saveFile } from '../components/save-file';
import { Empty, Loaded } from '../components/states';
import { useLive } from '../live';
import { api } from '../session';
import { text } from '../text';

const noFilter = { outcome: '', provider: '', model: '', tenant: '' };

/** The log of all keys: its newest page is live, older ones stand still. */
export function LogScreen() {
  const { filter, change, cursors, setCursors } = useFilter(noFilter);
  const { log, common } = text.value;
  const isNewest = cursors.length === 0;
  const live = useLive((signal) => api.get('/manage/logs', { query: { ...filter, page_size: 50, cursor: cursors.at(-1) }, signal }), [filter, cursors], isNewest ? 3 : 0);
  const set = (name: keyof typeof noFilter) => (value: string) => change({ [name]: value });
  return (
    <>
      <Head title={log.title}>
        {isNewest && <LiveMark at={live.at} />}
        <button type="button" class="btn" onClick={async () => saveFile('log.csv', await api.file(address('/manage/logs', {}, { ...filter, format: 'csv' })))}>
          {common.download} (CSV)
        </button>
      </Head>
      <p class="lead">{log.lead}</p>
      <div class="filters" role="search">
        <Pick
          label={log.columns.outcome}
          value={filter.outcome}
          change={set('outcome')}
          options={[['', log.anyOutcome], ...Object.entries(log.outcomes)]}
        />
        <TypedFilter kind="pick" label={log.columns.provider} placeholder={log.columns.provider} value={filter.provider} change={set('provider')} />
        <TypedFilter kind="pick" label={log.columns.model} placeholder={log.columns.model} value={filter.model} change={set('model')} />
        <TypedFilter kind="pick" label={common.tenant} placeholder={common.tenant} value={filter.tenant} change={set('tenant')} />
      </div>
      <Loaded live={live} rows={8}>
        {({ logs, next }) => (
          <>
            {logs.length === 0 ? <Empty title={Object.values(filter).some(Boolean) ? log.noneFits : log.none} /> : <LogTable rows={logs} withKey />}
            <NewestFirstPager cursors={cursors} next={next} go={setCursors} />
          </>
        )}
      </Loaded>
    </>
  );
}
