import { useState } from 'preact/hooks';
import type { Schemas } from '../../api/client';
import { Confirm, FormDialog, useAct } from '../../components/dialog';
import { Input, Select } from '../../components/form';
import { type Key, leftOf } from '../../components/key-state';
import { toast } from '../../components/toast';
import { amount } from '../../format';
import { api } from '../../session';
import { text } from '../../text';
import { ChangeKey } from './key-form';
import { ShowSecret } from './show-secret';

export type KeyAct = 'topUp' | 'reset' | 'rotate' | 'change' | 'disable' | 'revoke';

interface ActProps {
  subject: Key;
  changed: () => void;
  close: () => void;
}

/** The dialog of one act on one key. */
export function KeyDialog({ act, ...props }: ActProps & { act: KeyAct }) {
  switch (act) {
    case 'topUp':
      return <TopUpKey {...props} />;
    case 'reset':
      return <ResetKey {...props} />;
    case 'rotate':
      return <RotateKey {...props} />;
    case 'change':
      return <ChangeKey {...props} />;
    case 'disable':
      return <DisableKey {...props} />;
    case 'revoke':
      return <RevokeKey {...props} />;
  }
}

const path = (subject: Key) => ({ path: { key: subject.id } });

function TopUpKey({ subject, changed, close }: ActProps) {
  const [value, setValue] = useState('');
  const { acts, common } = text.value;
  const more = Number(value);
  const act = useAct(async () => {
    await api.post('/manage/keys/{key}/topup', { ...path(subject), body: { amount: more } });
    toast(acts.toppedUp(subject.name, amount(more, subject.unit)));
    changed();
  });
  return (
    <FormDialog title={text.value.common.pair(acts.topUp, subject.name)} submit={acts.topUp} act={act} close={close} disabled={!(more > 0)}>
      <p>{acts.topUpSays(subject.name, leftOf(subject))}</p>
      <Input label={`${acts.amount} (${common.units[subject.unit]})`} type="number" value={value} change={setValue} fault={act.fault('amount')} autoFocus />
    </FormDialog>
  );
}

function ResetKey({ subject, changed, close }: ActProps) {
  const [value, setValue] = useState('');
  const { acts } = text.value;
  const act = useAct(async () => {
    await api.post('/manage/keys/{key}/reset', { ...path(subject), body: value ? { quota: Number(value) } : {} });
    toast(acts.wasReset(subject.name));
    changed();
  });
  return (
    <FormDialog title={text.value.common.pair(acts.reset, subject.name)} submit={acts.reset} act={act} close={close}>
      <p>{acts.resetSays(subject.name)}</p>
      <Input label={acts.newQuota} type="number" value={value} change={setValue} hint={acts.newQuotaHint} fault={act.fault('quota')} />
    </FormDialog>
  );
}

function RotateKey({ subject, changed, close }: ActProps) {
  const [overlap, setOverlap] = useState('3600');
  const [issued, setIssued] = useState<Schemas['IssuedKey']>();
  const { acts } = text.value;
  const act = useAct(async () => setIssued(await api.post('/manage/keys/{key}/rotate', { ...path(subject), body: { overlap_seconds: Number(overlap) } })));
  if (issued) return <ShowSecret issued={issued} close={close} />;
  return (
    <FormDialog title={text.value.common.pair(acts.rotate, subject.name)} submit={acts.rotate} act={act} close={close} done={changed}>
      <p>{acts.rotateSays(subject.name)}</p>
      <Select label={acts.overlap} value={overlap} change={setOverlap} options={Object.entries(acts.overlaps)} fault={act.fault('overlap_seconds')} />
    </FormDialog>
  );
}

function DisableKey({ subject, changed, close }: ActProps) {
  const { acts } = text.value;
  return (
    <Confirm
      title={text.value.common.pair(acts.disable, subject.name)}
      says={acts.disableSays(subject.name)}
      submit={acts.disable}
      close={close}
      act={async () => {
        await api.patch('/manage/keys/{key}', { ...path(subject), body: { status: 'disabled' } });
        changed();
        toast(acts.disabled(subject.name), { name: acts.undo, act: () => enableKey(subject, changed) });
      }}
    />
  );
}

/** Lets a disabled key through again. */
export async function enableKey(subject: Key, changed: () => void): Promise<void> {
  await api.patch('/manage/keys/{key}', { ...path(subject), body: { status: 'active' } });
  toast(text.value.acts.enabled(subject.name));
  changed();
}

function RevokeKey({ subject, changed, close }: ActProps) {
  const { acts } = text.value;
  return (
    <Confirm
      title={text.value.common.pair(acts.revokeKey, subject.name)}
      says={acts.revokeSays(subject.name)}
      submit={acts.revokeKey}
      word={subject.name}
      close={close}
      act={async () => {
        await api.delete('/manage/keys/{key}', path(subject));
        toast(acts.revoked(subject.name));
        changed();
      }}
    />
  );
}
