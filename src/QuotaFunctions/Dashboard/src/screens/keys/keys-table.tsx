import { type Key, leftOf, stateOf } from '../../components/key-state';
import { Badge, Meter } from '../../components/shape';
import { Time } from '../../components/time';
import { none, percent, usedShare } from '../../format';
import { to } from '../../route';
import { mayChange } from '../../session';
import { text } from '../../text';

type Selection = ReadonlyMap<string, Key>;

export function KeysTable({ keys, selected, select }: { keys: Key[]; selected: Selection; select: (selected: Selection) => void }) {
  const { keys: words } = text.value;
  const { columns } = words;
  const isAll = keys.every(({ id }) => selected.has(id));
  const toggle = (some: Key[], on: boolean) => {
    const next = new Map(selected);
    for (const key of some) {
      if (on) next.set(key.id, key);
      else next.delete(key.id);
    }

    select(next);
  };
  return (
    <table class="table cards keys">
      <thead>
        <tr>
          {mayChange() && (
            <th scope="col" class="pickbox">
              <input type="checkbox" aria-label={words.selectAll} checked={isAll} onChange={(event) => toggle(keys, event.currentTarget.checked)} />
            </th>
          )}
          <th scope="col">{columns.name}</th>
          <th scope="col">{columns.tenant}</th>
          <th scope="col" class="quota">
            {columns.used}
          </th>
          <th scope="col" class="n">
            {columns.left}
          </th>
          <th scope="col" class="n">
            {columns.last}
          </th>
          <th scope="col">{columns.status}</th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <KeyRow key={key.id} subject={key} isSelected={selected.has(key.id)} select={(on) => toggle([key], on)} />
        ))}
      </tbody>
    </table>
  );
}

function KeyRow({ subject, isSelected, select }: { subject: Key; isSelected: boolean; select: (on: boolean) => void }) {
  const { keys } = text.value;
  const { tone, word } = stateOf(subject);
  const share = usedShare(subject.used, subject.quota);
  return (
    <tr class={isSelected ? 'sel' : undefined}>
      {mayChange() && (
        <td class="pickbox hide">
          <input type="checkbox" aria-label={keys.select(subject.name)} checked={isSelected} disabled={subject.status === 'revoked'} onChange={(event) => select(event.currentTarget.checked)} />
        </td>
      )}
      <td>
        <a class="name" href={to('keys', subject.id)}>
          {subject.name}
        </a>
        <span class="id">{subject.id.slice(0, 10)}</span>
      </td>
      <td class="hide tenant">{subject.tenant ?? <span class="dash">{none}</span>}</td>
      <td class="quota full">
        <Meter used={subject.used} held={subject.held} quota={subject.quota} tone={tone} label={share === null ? '' : percent(share)} />
      </td>
      <td class="n">{leftOf(subject)}</td>
      <td class="n hide">{subject.last_used_at === null ? <span class="faint">{keys.never}</span> : <Time at={subject.last_used_at} />}</td>
      <td class="end">
        <Badge tone={tone}>{word}</Badge>
      </td>
    </tr>
  );
}
