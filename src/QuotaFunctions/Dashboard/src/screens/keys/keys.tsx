import { useMemo, useRef, useState } from 'preact/hooks';
import { Head, LiveMark } from '../../components/layout';
import type { Key } from '../../components/key-state';
import { useFilter } from '../../components/filter';
import { Empty, Loaded } from '../../components/states';
import { Code } from '../../components/secret';
import { number, usedShare } from '../../format';
import { useLive } from '../../live';
import { api, mayChange } from '../../session';
import { text } from '../../text';
import { BulkBar } from './bulk';
import { type Filter, Filters, noFilter } from './filters';
import { CreateKey } from './key-form';
import { KeysTable } from './keys-table';

const pageSize = 50;

/** To order keys, so many that fit the filter are read: the service gives them in its own order. */
const mostOrdered = 1000;

/** All keys, by pages. */
export function KeysScreen() {
  const { filter, change, cursors, setCursors } = useFilter(noFilter);
  const [creates, setCreates] = useState(false);
  const [selected, setSelected] = useState<ReadonlyMap<string, Key>>(new Map());
  const { keys, common, overview } = text.value;
  const isOrdered = filter.order !== '';
  const isFiltered = filter.name !== '' || filter.tenant !== '' || filter.status !== '';

  const live = useLive(
    async (signal) => {
      const answer = await api.get('/manage/keys', {
        query: {
          limit: isOrdered ? mostOrdered : pageSize,
          cursor: isOrdered ? undefined : cursors.at(-1),
          name: filter.name || undefined,
          tenant: filter.tenant || undefined,
          status: (filter.status || undefined) as Key['status'] | undefined,
        },
        signal,
      });
      return { ...answer, filter };
    },
    [filter.name, filter.tenant, filter.status, isOrdered, isOrdered ? 0 : cursors],
    isOrdered ? 15 : 5,
  );

  const page = cursors.length;
  const ordered = useOrder(live.data, filter.order);
  const first = isOrdered ? page * pageSize : 0;
  const shown = ordered.slice(first, first + pageSize);
  const hasNext = isOrdered ? (page + 1) * pageSize < ordered.length : live.data?.next !== undefined;
  const total = live.data?.total ?? 0;

  return (
    <>
      <Head title={keys.title}>
        <LiveMark at={live.at} />
        {mayChange() && (
          <button type="button" class="btn primary" onClick={() => setCreates(true)}>
            {keys.create}
          </button>
        )}
      </Head>
      <Filters filter={filter} change={change} />
      <Loaded live={live} rows={8}>
        {() =>
          total === 0 && !isFiltered ? (
            <Empty title={overview.firstTitle}>
              <p>{overview.firstText}</p>
              <Code value={`curl ${location.origin}/manage/keys -H "Authorization: Bearer $ADMIN_TOKEN" -H 'Content-Type: application/json' -d '{"name":"first","quota":1000}'`} />
            </Empty>
          ) : shown.length === 0 ? (
            <Empty title={keys.none}>
              <button type="button" class="btn" onClick={() => change(noFilter)}>
                {keys.clear}
              </button>
            </Empty>
          ) : (
            <>
              {isOrdered && live.data?.next && <p class="small faint">{keys.sortedPart(number(mostOrdered))}</p>}
              <KeysTable keys={shown} selected={selected} select={setSelected} />
              <div class="pager">
                <span>{keys.page(number(page * pageSize + 1), number(page * pageSize + shown.length), number(total))}</span>
                <span class="push">
                  <button type="button" class="btn sm" disabled={page === 0} onClick={() => setCursors(cursors.slice(0, -1))}>
                    {common.previous}
                  </button>
                  <button type="button" class="btn sm" disabled={!hasNext} onClick={() => setCursors([...cursors, live.data?.next ?? ''])}>
                    {common.next}
                  </button>
                </span>
              </div>
            </>
          )
        }
      </Loaded>
      {selected.size > 0 && <BulkBar selected={selected} select={setSelected} changed={live.reload} />}
      {creates && <CreateKey changed={live.reload} close={() => setCreates(false)} />}
    </>
  );
}

/**
 * The keys in the order that is wanted, at once where the answer has what it takes.
 * Answers to the same filter keep the order of the first: no row moves while one reads.
 */
function useOrder(answer: { keys: Key[]; filter: Filter } | undefined, order: string): Key[] {
  const known = useRef<{ of: string; ranks: ReadonlyMap<string, number> } | undefined>(undefined);
  return useMemo(() => {
    const compare = comparers[order];
    if (!answer || !compare || answer.filter.order === '') return answer?.keys ?? [];
    const of = JSON.stringify({ ...answer.filter, order });
    const ranks = known.current?.of === of ? known.current.ranks : new Map<string, number>();
    const rankOf = ({ id }: Key) => ranks.get(id) ?? ranks.size;
    const ordered = answer.keys.toSorted((one, other) => rankOf(one) - rankOf(other) || compare(one, other));
    known.current = { of, ranks: new Map(ordered.map(({ id }, rank) => [id, rank])) };
    return ordered;
  }, [answer, order]);
}

const time = (at: string | null) => (at === null ? 0 : Date.parse(at));

const comparers: Record<string, (one: Key, other: Key) => number> = {
  used: (one, other) => (usedShare(other.used, other.quota) ?? -1) - (usedShare(one.used, one.quota) ?? -1),
  left: (one, other) => (one.remaining ?? Infinity) - (other.remaining ?? Infinity),
  name: (one, other) => one.name.localeCompare(other.name),
  last: (one, other) => time(other.last_used_at) - time(one.last_used_at),
  created: (one, other) => time(other.created_at) - time(one.created_at),
};

