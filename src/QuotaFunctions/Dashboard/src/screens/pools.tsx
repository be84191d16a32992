import { useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { Confirm, FormDialog, useAct } from '../components/dialog';
import { Input, Select } from '../components/form';
import { leftOf, stateOf } from '../components/key-state';
import { Head, LiveMark } from '../components/layout';
import { Badge, Meter } from '../components/shape';
import { Empty, Loaded } from '../components/states';
import { Table } from '../components/table';
import { Time } from '../components/time';
import { toast } from '../components/toast';
import { amount, percent, usedShare, zone } from '../format';
import { useLive } from '../live';
import { api, mayChange } from '../session';
import { text } from '../text';

type Pool = Schemas['Pool'];
type PoolAct = 'topUp' | 'reset' | 'change' | 'delete';

/** Quotas that several keys draw on. */
export function PoolsScreen() {
  const live = useLive((signal) => api.get('/manage/pools', { signal }), [], 5);
  const [creates, setCreates] = useState(false);
  const { pools: words } = text.value;
  return (
    <>
      <Head title={words.title}>
        <LiveMark at={live.at} />
        {mayChange() && (
          <button type="button" class="btn primary" onClick={() => setCreates(true)}>
            {words.create}
          </button>
        )}
      </Head>
      <Loaded live={live}>
        {({ pools }) =>
          pools.length === 0 ? (
            <Empty title={words.emptyTitle}>
              <p>{words.emptyText}</p>
            </Empty>
          ) : (
            <>
              <p class="lead">{words.lead(pools.length)}</p>
              <PoolsTable pools={pools} changed={live.reload} />
            </>
          )
        }
      </Loaded>
      {creates && <PoolForm changed={live.reload} close={() => setCreates(false)} />}
    </>
  );
}

function PoolsTable({ pools, changed }: { pools: Pool[]; changed: () => void }) {
  const [open, setOpen] = useState<{ act: PoolAct; pool: Pool }>();
  const { pools: words, acts, common } = text.value;
  const { columns } = words;
  return (
    <>
      <Table
        rows={pools}
        idOf={({ id }) => id}
        columns={[
          {
            name: columns.name,
            kind: 'title',
            cell: ({ id, name }) => (
              <>
                <span class="name">{name}</span>
                <span class="id">{id.slice(0, 11)}</span>
              </>
            ),
          },
          { name: columns.tenant, cell: ({ tenant }) => tenant },
          {
            name: text.value.keys.columns.used,
            kind: 'quota',
            cell: (pool) => <Meter used={pool.used} held={pool.held} quota={pool.quota} tone={stateOf(pool).tone} label={percent(usedShare(pool.used, pool.quota))} />,
          },
          { name: columns.granted, kind: 'n', cell: ({ quota, unit }) => amount(quota, unit) },
          { name: columns.used, kind: 'n', cell: ({ used, unit }) => amount(used, unit) },
          { name: columns.held, kind: 'n', cell: ({ held, unit }) => amount(held, unit) },
          { name: columns.left, kind: 'n', cell: leftOf },
          { name: columns.refills, cell: refillOf },
          mayChange() && {
            name: common.change,
            kind: 'buttons',
            cell: (pool) =>
              (['topUp', 'reset', 'change', 'delete'] as const).map((act) => (
                <button key={act} type="button" class="btn sm quiet" onClick={() => setOpen({ act, pool })}>
                  {act === 'change' ? common.change : act === 'delete' ? words.delete : acts[act]}
                </button>
              )),
          },
        ]}
      />
      {open && <PoolDialog {...open} changed={changed} close={() => setOpen(undefined)} />}
    </>
  );
}

/** When it refills, or that it is used up. */
function refillOf(pool: Pool) {
  const { tone, word } = stateOf(pool);
  if (tone !== 'ok' && tone !== 'attention') return <Badge tone={tone}>{word}</Badge>;
  return pool.resets_at ? <Time at={pool.resets_at} /> : <span class="faint">{text.value.me.never}</span>;
}

interface ActProps {
  pool: Pool;
  changed: () => void;
  close: () => void;
}

function PoolDialog({ act, ...props }: ActProps & { act: PoolAct }) {
  const { pools: words, acts } = text.value;
  const { pool, changed } = props;
  const path = { pool: pool.id };
  switch (act) {
    case 'topUp':
      return <TopUpPool {...props} />;
    case 'change':
      return <PoolForm {...props} />;
    case 'reset':
      return (
        <Confirm
          {...props}
          title={text.value.common.pair(acts.reset, pool.name)}
          says={acts.resetSays(pool.name)}
          submit={acts.reset}
          act={async () => {
            await api.post('/manage/pools/{pool}/reset', { path, body: {} });
            toast(acts.wasReset(pool.name));
            changed();
          }}
        />
      );
    case 'delete':
      return (
        <Confirm
          {...props}
          title={text.value.common.pair(words.delete, pool.name)}
          says={words.deleteSays(pool.name)}
          submit={words.delete}
          word={pool.name}
          act={async () => {
            await api.delete('/manage/pools/{pool}', { path });
            toast(words.deleted(pool.name));
            changed();
          }}
        />
      );
  }
}

function TopUpPool({ pool, changed, close }: ActProps) {
  const [value, setValue] = useState('');
  const { acts, common } = text.value;
  const act = useAct(async () => {
    await api.post('/manage/pools/{pool}/topup', { path: { pool: pool.id }, body: { amount: Number(value) } });
    toast(acts.toppedUp(pool.name, amount(Number(value), pool.unit)));
    changed();
  });
  return (
    <FormDialog title={text.value.common.pair(acts.topUp, pool.name)} submit={acts.topUp} act={act} close={close} disabled={!(Number(value) > 0)}>
      <p>{acts.topUpSays(pool.name, leftOf(pool))}</p>
      <Input label={`${acts.amount} (${common.units[pool.unit]})`} type="number" value={value} change={setValue} fault={act.fault('amount')} autoFocus />
    </FormDialog>
  );
}

/** Makes a pool, or changes one. */
function PoolForm({ pool, changed, close }: { pool?: Pool; changed: () => void; close: () => void }) {
  const [name, setName] = useState(pool?.name ?? '');
  const [quota, setQuota] = useState(String(pool?.quota ?? 10_000));
  const [unit, setUnit] = useState<Pool['unit']>(pool?.unit ?? 'requests');
  const [tenant, setTenant] = useState(pool?.tenant ?? '');
  const [period, setPeriod] = useState<string>(pool?.refill?.period ?? '');
  const { pools: words, form, common } = text.value;
  const act = useAct(async () => {
    const refill = period ? { ...pool?.refill, period: period as Schemas['NewRefill']['period'], amount: pool?.refill?.amount ?? Number(quota), time_zone: pool?.refill?.time_zone ?? zone() } : null;
    const body = { name, quota: Number(quota), tenant: tenant || null, refill };
    if (pool) await api.patch('/manage/pools/{pool}', { path: { pool: pool.id }, body });
    else await api.post('/manage/pools', { body: { ...body, unit } });
    changed();
  });
  return (
    <FormDialog title={pool ? words.change(pool.name) : words.create} submit={pool ? common.save : common.create} act={act} close={close}>
      <Input label={form.name} value={name} change={setName} fault={act.fault('name')} autoFocus />
      <div class="two">
        <Input label={form.quota} type="number" value={quota} change={setQuota} fault={act.fault('quota')} />
        {pool ? null : <Select label={form.unit} value={unit} change={(value) => setUnit(value as Pool['unit'])} options={Object.entries(common.units)} fault={act.fault('unit')} />}
        <Select label={form.refill} value={period} change={setPeriod} options={Object.entries(form.refills)} fault={act.fault('refill')} />
        <Input label={form.tenant} value={tenant} change={setTenant} fault={act.fault('tenant')} />
      </div>
    </FormDialog>
  );
}
