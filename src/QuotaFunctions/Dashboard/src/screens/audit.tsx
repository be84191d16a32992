import { AuditTable } from '../components/audit-table';
import { TypedFilter, useFilter } from '../components/filter';
import { Head, LiveMark } from '../components/layout';
import { NewestFirstPager } from '../components/newest-first-pager';
import { Empty, Loaded } from '../components/states';
import { useLive } from '../live';
import { api } from '../session';
import { text } from '../text';

const noFilter = { actor: '', target: '' };

/** What admins did. */
export function AuditScreen() {
  const { filter, change, cursors, setCursors } = useFilter(noFilter);
  const isNewest = cursors.length === 0;
  const live = useLive((signal) => api.get('/manage/audit', { query: { ...filter, limit: 50, cursor: cursors.at(-1) }, signal }), [filter, cursors], isNewest ? 10 : 0);
  const { audit } = text.value;
  return (
    <>
      <Head title={audit.title}>{isNewest && <LiveMark at={live.at} />}</Head>
      <p class="lead">{audit.lead}</p>
      <div class="filters" role="search">
        <TypedFilter kind="pick" label={audit.actor} placeholder={audit.actor} value={filter.actor} change={(actor) => change({ actor })} />
        <TypedFilter kind="search" label={audit.target} placeholder={audit.target} value={filter.target} change={(target) => change({ target })} />
      </div>
      <Loaded live={live} rows={8}>
        {({ actions, next }) => (
          <>
            {actions.length === 0 ? <Empty title={audit.none} /> : <AuditTable actions={actions} withDetails />}
            <NewestFirstPager cursors={cursors} next={next} go={setCursors} />
          </>
        )}
      </Loaded>
    </>
  );
}
