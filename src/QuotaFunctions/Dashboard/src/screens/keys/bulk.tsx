import { useState } from 'preact/hooks';
import { Confirm, FormDialog, useAct } from '../../components/dialog';
import { Input } from '../../components/form';
import type { Key } from '../../components/key-state';
import { toast } from '../../components/toast';
import { api } from '../../session';
import { text } from '../../text';

type BulkAct = 'topUp' | 'reset' | 'disable' | 'enable' | 'revoke';
type Selection = ReadonlyMap<string, Key>;

/** So many calls at the same time: other admins' calls are not to wait. */
const atOnce = 4;

/** What is done to several keys. */
export function BulkBar({ selected, select, changed }: { selected: Selection; select: (selected: Selection) => void; changed: () => void }) {
  const [act, setAct] = useState<BulkAct>();
  const { acts, keys, common } = text.value;
  return (
    <div class="bulk" role="region" aria-label={keys.selected(selected.size)}>
      <strong>{keys.selected(selected.size)}</strong>
      <button type="button" class="btn quiet sm" onClick={() => select(new Map())}>
        {common.cancel}
      </button>
      <span class="push">
        {(['topUp', 'reset', 'enable', 'disable'] as const).map((name) => (
          <button key={name} type="button" class="btn sm" onClick={() => setAct(name)}>
            {acts[name]}
          </button>
        ))}
        <button type="button" class="btn sm danger" onClick={() => setAct('revoke')}>
          {acts.revoke}
        </button>
      </span>
      {act && <BulkDialog act={act} selected={selected} select={select} changed={changed} close={() => setAct(undefined)} />}
    </div>
  );
}

function BulkDialog({ act, selected, select, changed, close }: { act: BulkAct; selected: Selection; select: (selected: Selection) => void; changed: () => void; close: () => void }) {
  const [amount, setAmount] = useState('');
  const { acts } = text.value;
  const run = async () => {
    const failed = await forEach([...selected.values()], (key) => doOne(act, key, Number(amount)));
    toast(acts.manyDone(selected.size - failed.length, selected.size));
    select(new Map(failed.map((key) => [key.id, key])));
    changed();
  };
  const state = useAct(run);
  const says = acts.manySay[act](selected.size);
  if (act === 'topUp') {
    return (
      <FormDialog title={acts.topUp} submit={acts.topUp} act={state} close={close} disabled={!(Number(amount) > 0)}>
        <p>{says}</p>
        <Input label={acts.amount} type="number" value={amount} change={setAmount} autoFocus />
      </FormDialog>
    );
  }

  return <Confirm title={acts[act]} says={says} submit={acts[act]} word={act === 'revoke' ? acts.countWord(selected.size) : undefined} act={run} close={close} />;
}

function doOne(act: BulkAct, { id }: Key, amount: number): Promise<unknown> {
  const path = { key: id };
  switch (act) {
    case 'topUp':
      return api.post('/manage/keys/{key}/topup', { path, body: { amount } });
    case 'reset':
      return api.post('/manage/keys/{key}/reset', { path, body: {} });
    case 'enable':
      return api.patch('/manage/keys/{key}', { path, body: { status: 'active' } });
    case 'disable':
      return api.patch('/manage/keys/{key}', { path, body: { status: 'disabled' } });
    case 'revoke':
      return api.delete('/manage/keys/{key}', { path });
  }
}

/** Does it for each, some at a time; those for which it failed. */
async function forEach(keys: Key[], act: (key: Key) => Promise<unknown>): Promise<Key[]> {
  const failed: Key[] = [];
  const open = [...keys];
  const work = async () => {
    for (let key = open.shift(); key; key = open.shift()) {
      try {
        await act(key);
      } catch {
        failed.push(key);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return failed;
}
