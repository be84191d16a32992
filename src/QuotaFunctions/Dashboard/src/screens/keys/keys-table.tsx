import { type Key, leftOf, stateOf } from '../../components/key-state';
import { Badge, Meter } from '../../components/shape';
import { Table } from '../../components/table';
import { Time } from '../../components/time';
import { percent, usedShare } from '../../format';
import { to } from '../../route';
import { mayChange } from '../../session';
import { text } from '../../text';

type Selection = ReadonlyMap<string, Key>;

export function KeysTable({ keys, selected, select }: { keys: Key[]; selected: Selection; select: (selected: Selection) => void }) {
  const { keys: words } = text.value;
  const { columns } = words;
  const open = keys.filter(({ status }) => status !== 'revoked');
  const isAll = open.length > 0 && open.every(({ id }) => selected.has(id));
  const toggle = (some: Key[], on: boolean) => {
    const next = new Map(selected);
    for (const key of some) {
      if (on) next.set(key.id, key);
      else next.delete(key.id);
    }

    select(next);
  };
  return (
    <Table
      rows={keys}
      idOf={({ id }) => id}
      columns={[
        mayChange() && {
          name: words.selectAll,
          kind: 'pick',
          head: (
            <label class="tick">
              <input type="checkbox" checked={isAll} onChange={(event) => toggle(open, event.currentTarget.checked)} />
              <span>{words.selectAll}</span>
            </label>
          ),
          cell: (key) => (
            <input
              type="checkbox"
              aria-label={words.select(key.name)}
              checked={selected.has(key.id)}
              disabled={key.status === 'revoked'}
              onChange={(event) => toggle([key], event.currentTarget.checked)}
            />
          ),
        },
        {
          name: columns.name,
          kind: 'title',
          cell: ({ id, name }) => (
            <>
              <a class="name" href={to('keys', id)}>
                {name}
              </a>
              <span class="id">{id.slice(0, 10)}</span>
            </>
          ),
        },
        { name: columns.tenant, cell: ({ tenant }) => tenant },
        {
          name: columns.used,
          kind: 'quota',
          cell: (key) => <Meter used={key.used} held={key.held} quota={key.quota} tone={stateOf(key).tone} label={percent(usedShare(key.used, key.quota))} />,
        },
        { name: columns.left, kind: 'n', cell: leftOf },
        { name: columns.last, kind: 'n', cell: ({ last_used_at: last }) => (last === null ? <span class="faint">{words.never}</span> : <Time at={last} />) },
        { name: columns.status, kind: 'end', cell: (key) => <Badge tone={stateOf(key).tone}>{stateOf(key).word}</Badge> },
      ]}
    />
  );
}
