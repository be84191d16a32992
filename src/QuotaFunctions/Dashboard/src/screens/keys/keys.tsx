import type { paths } from 'schema';
import { useMemo, useRef, useState } from 'preact/hooks';
import { Head, LiveMark } from '../../components/layout';
import type { Key } from '../../components/key-state';
import { useFilter } from '../../components/filter';
import { Empty, Loaded } from '../../components/states';
import { Code } from '../../components/secret';
import { number } from '../../format';
import { useLive } from '../../live';
import { api, mayChange } from '../../session';
import { text } from '../../text';
import { BulkBar } from './bulk';
import { Filters, noFilter } from './filters';
import { CreateKey } from './key-form';
import { KeysTable } from './keys-table';

const pageSize = 50;

/** A sorted list goes by copies that are made every half a minute. */
const sortedSeconds = 15;

type KeysQuery = NonNullable<paths['/manage/keys']['get']['parameters']['query']>;

/** All keys, by pages. */
export function KeysScreen() {
  const { filter, change, cursors, setCursors } = useFilter(noFilter);
  const [creates, setCreates] = useState(false);
  const [selected, setSelected] = useState<ReadonlyMap<string, Key>>(new Map());
  const { keys, common, overview } = text.value;
  const isFiltered = filter.name !== '' || filter.tenant !== '' || filter.status !== '';

  const query = {
    limit: pageSize,
    cursor: cursors.at(-1),
    name: filter.name || undefined,
    tenant: filter.tenant || undefined,
    status: filter.status || undefined,
    sort: filter.sort || undefined,
  } as KeysQuery;
  const live = useLive(async (signal) => ({ ...(await api.get('/manage/keys', { query, signal })), of: JSON.stringify(query) }), [query], filter.sort ? sortedSeconds : 5);
  const shown = useStill(live.data);
  const page = cursors.length;
  const total = live.data?.total ?? 0;
  const isOld = live.data?.of !== JSON.stringify(query);
  const next = isOld ? undefined : live.data?.next;

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
            <div class={isOld ? 'waiting' : ''} aria-busy={isOld}>
              <KeysTable keys={shown} selected={selected} select={setSelected} />
              <div class="pager">
                <span>{keys.page(number(page * pageSize + 1), number(page * pageSize + shown.length), number(total))}</span>
                <span class="push">
                  <button type="button" class="btn sm" disabled={page === 0} onClick={() => setCursors(cursors.slice(0, -1))}>
                    {common.previous}
                  </button>
                  <button type="button" class="btn sm" disabled={next === undefined} onClick={() => setCursors([...cursors, next!])}>
                    {common.next}
                  </button>
                </span>
              </div>
            </div>
          )
        }
      </Loaded>
      {selected.size > 0 && <BulkBar selected={selected} select={setSelected} changed={live.reload} />}
      {creates && <CreateKey changed={live.reload} close={() => setCreates(false)} />}
    </>
  );
}

/** The keys of a page. Answers to the same query keep the order of the first: no row moves while one reads. */
function useStill(answer: { keys: Key[]; of: string } | undefined): Key[] {
  const known = useRef<{ of: string; ranks: ReadonlyMap<string, number> } | undefined>(undefined);
  return useMemo(() => {
    if (!answer) return [];
    const ranks = known.current?.of === answer.of ? known.current.ranks : new Map<string, number>();
    const rankOf = ({ id }: Key) => ranks.get(id) ?? ranks.size;
    const keys = answer.keys.toSorted((one, other) => rankOf(one) - rankOf(other));
    known.current = { of: answer.of, ranks: new Map(keys.map(({ id }, rank) => [id, rank])) };
    return keys;
  }, [answer]);
}
