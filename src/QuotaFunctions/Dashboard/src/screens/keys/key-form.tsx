import { useState } from 'preact/hooks';
import type { Schemas } from '../../api/client';
import { type Act, FormDialog, useAct } from '../../components/dialog';
import { Input, Select } from '../../components/form';
import type { Key } from '../../components/key-state';
import { zone } from '../../format';
import { useLive } from '../../live';
import { api } from '../../session';
import { text } from '../../text';
import { ShowSecret } from './show-secret';
import { changeOf, type Draft, draftOf, newDraft, newKeyOf, readbackOf } from './key-draft';

/** Makes a key, and shows its secret. */
export function CreateKey({ changed, close }: { changed: () => void; close: () => void }) {
  const [draft, setDraft] = useState(newDraft);
  const [issued, setIssued] = useState<Schemas['IssuedKey']>();
  const act = useAct(async () => setIssued(await api.post('/manage/keys', { body: newKeyOf(draft) })));
  const { form, common } = text.value;
  if (issued) return <ShowSecret issued={issued} close={close} />;
  return (
    <FormDialog title={form.newKey} submit={common.create} act={act} close={close} done={changed}>
      <KeyFields draft={draft} change={setDraft} act={act} />
    </FormDialog>
  );
}

/** Changes a key. */
export function ChangeKey({ subject, changed, close }: { subject: Key; changed: () => void; close: () => void }) {
  const [before] = useState(() => draftOf(subject));
  const [draft, setDraft] = useState(before);
  const act = useAct(async () => {
    await api.patch('/manage/keys/{key}', { path: { key: subject.id }, body: changeOf(before, draft) });
    changed();
  });
  const { form, common } = text.value;
  return (
    <FormDialog title={form.changeKey(subject.name)} submit={common.save} act={act} close={close}>
      <KeyFields draft={draft} change={setDraft} act={act} />
    </FormDialog>
  );
}

function KeyFields({ draft, change, act }: { draft: Draft; change: (draft: Draft) => void; act: Act }) {
  const { form, common } = text.value;
  const set = (name: keyof Draft) => (value: string) => change({ ...draft, [name]: value });
  const named = (names: Record<string, string>): [string, string][] => Object.entries(names);
  return (
    <>
      <Input label={form.name} value={draft.name} change={set('name')} fault={act.fault('name')} autoFocus required />
      <div class="three">
        <Select label={form.type} value={draft.type} change={set('type')} options={named(form.types)} fault={act.fault('quota_type')} />
        {draft.type !== 'time' && (
          <>
            <Input label={form.quota} type="number" value={draft.quota} change={set('quota')} fault={act.fault('quota')} />
            <Select label={form.unit} value={draft.unit} change={set('unit')} options={named(common.units)} fault={act.fault('unit')} />
          </>
        )}
      </div>
      <div class="three">
        <Input label={form.expires} type="datetime-local" value={draft.expires} change={set('expires')} hint={form.expiresHint(zone())} fault={act.fault('expires_at')} />
        {draft.type !== 'time' && (
          <>
            <Select label={form.refill} value={draft.refill} change={set('refill')} options={named(form.refills)} fault={act.fault('refill') ?? act.fault('refill.period')} />
            {draft.refill && (
              <Input label={form.refillAmount} type="number" value={draft.refillAmount} placeholder={draft.quota} change={set('refillAmount')} fault={act.fault('refill.amount')} />
            )}
          </>
        )}
      </div>
      <p class="readback">{readbackOf(draft)}</p>
      <details class="fold" open={['tenant', 'email', 'prefix', 'rate_limit_per_minute', 'max_concurrent', 'max_cost', 'pool', 'allowed_ips'].some((field) => act.fault(field)) || undefined}>
        <summary>{form.more}</summary>
        <div class="stack">
          <div class="three">
            <Input label={form.tenant} value={draft.tenant} change={set('tenant')} fault={act.fault('tenant')} />
            <Input label={form.email} type="email" value={draft.email} change={set('email')} fault={act.fault('email')} />
            <Input label={form.prefix} value={draft.prefix} placeholder="trial" change={set('prefix')} hint={form.prefixHint} fault={act.fault('prefix')} />
          </div>
          <div class="three">
            <Input label={form.rate} type="number" value={draft.rate} change={set('rate')} fault={act.fault('rate_limit_per_minute')} />
            <Input label={form.concurrent} type="number" value={draft.concurrent} change={set('concurrent')} fault={act.fault('max_concurrent')} />
            <Input label={form.maxCost} type="number" value={draft.maxCost} change={set('maxCost')} fault={act.fault('max_cost')} />
          </div>
          <PoolField draft={draft} change={set('pool')} fault={act.fault('pool')} />
          <div class="three">
            <Input label={form.providers} value={draft.providers} change={set('providers')} hint={form.listHint} fault={act.fault('allowed_providers')} />
            <Input label={form.models} value={draft.models} change={set('models')} hint={form.listHint} fault={act.fault('allowed_models')} />
            <Input label={form.ips} value={draft.ips} change={set('ips')} hint={form.listHint} fault={act.fault('allowed_ips')} />
          </div>
        </div>
      </details>
    </>
  );
}

function PoolField({ draft, change, fault }: { draft: Draft; change: (pool: string) => void; fault: string | undefined }) {
  const pools = useLive((signal) => api.get('/manage/pools', { signal }), [], 0);
  const { form, common } = text.value;
  const options = (pools.data?.pools ?? []).filter(({ status }) => status !== 'revoked').map(({ id, name }): [string, string] => [id, name]);
  if (draft.pool && !options.some(([id]) => id === draft.pool)) options.push([draft.pool, draft.pool]);
  return <Select label={form.pool} hint={form.poolHint} value={draft.pool} change={change} options={[['', common.none], ...options]} fault={fault} />;
}
