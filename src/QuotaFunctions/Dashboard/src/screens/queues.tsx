import { useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { Confirm, Dialog } from '../components/dialog';
import { Head, LiveMark, Section } from '../components/layout';
import { Badge } from '../components/shape';
import { Loaded } from '../components/states';
import { Table } from '../components/table';
import { Time } from '../components/time';
import { toast } from '../components/toast';
import { number } from '../format';
import { useLive } from '../live';
import { api, mayChange } from '../session';
import { text } from '../text';

/** Work that waits, and what was put aside. */
export function QueuesScreen() {
  const live = useLive((signal) => api.get('/manage/queues', { signal }), [], 5);
  const [shown, setShown] = useState<string>();
  const [redriven, setRedriven] = useState<string>();
  const { queues: words } = text.value;
  const { columns, bufferColumns } = words;
  return (
    <>
      <Head title={words.title}>
        <LiveMark at={live.at} />
      </Head>
      <Loaded live={live} rows={5}>
        {({ queues, buffers }) => (
          <>
            <p class="verdict">{words.verdict(queues.reduce((sum, queue) => sum + queue.poison_length, 0))}</p>
            <p>{words.lead}</p>
            <div class="after">
              <Table
                rows={queues}
                idOf={({ name }) => name}
                columns={[
                  { name: columns.name, kind: 'title', cell: ({ name }) => <span class="name">{name}</span> },
                  { name: columns.waiting, kind: 'n', cell: ({ length }) => number(length) },
                  { name: columns.oldest, kind: 'n', cell: ({ oldest_age_seconds: age }) => (age === null ? null : <Time at={new Date(Date.now() - age * 1000).toISOString()} />) },
                  { name: columns.poison, cell: (queue) => <Poison queue={queue} show={() => setShown(queue.name)} redrive={() => setRedriven(queue.name)} /> },
                ]}
              />
            </div>
            <Section title={words.buffers}>
              <Table
                kind="narrow"
                rows={buffers}
                idOf={({ name }) => name}
                columns={[
                  { name: bufferColumns.name, kind: 'title', cell: ({ name }) => <span class="name">{name}</span> },
                  { name: bufferColumns.filled, kind: 'n', cell: ({ len, cap }) => text.value.common.of(number(len), number(cap)) },
                  { name: bufferColumns.dropped, kind: 'n', cell: ({ dropped }) => number(dropped) },
                ]}
              />
            </Section>
          </>
        )}
      </Loaded>
      {shown && <PoisonDialog queue={shown} close={() => setShown(undefined)} />}
      {redriven && (
        <Confirm
          title={text.value.common.pair(words.redrive, redriven)}
          says={words.redriveSays(redriven)}
          submit={words.redrive}
          close={() => setRedriven(undefined)}
          act={async () => {
            const { moved } = await api.post('/manage/queues/{queue}/redrive', { path: { queue: redriven } });
            toast(words.moved(moved));
            live.reload();
          }}
        />
      )}
    </>
  );
}

/** How many messages were put aside, and what can be done about them. */
function Poison({ queue, show, redrive }: { queue: Schemas['Queue']; show: () => void; redrive: () => void }) {
  const { queues: words } = text.value;
  if (queue.poison_length === 0) return <Badge tone="ok">0</Badge>;
  return (
    <span class="poison">
      <Badge tone="exhausted">{number(queue.poison_length)}</Badge>
      <button type="button" class="btn sm quiet" onClick={show}>
        {words.show}
      </button>
      {mayChange() && (
        <button type="button" class="btn sm" onClick={redrive}>
          {words.redrive}
        </button>
      )}
    </span>
  );
}

function PoisonDialog({ queue, close }: { queue: string; close: () => void }) {
  const live = useLive((signal) => api.get('/manage/queues/{queue}/poison', { path: { queue }, signal }), [queue], 0);
  const { queues: words, common } = text.value;
  return (
    <Dialog
      title={words.poisonOf(queue)}
      close={close}
      footer={
        <button type="button" class="btn" onClick={close}>
          {common.close}
        </button>
      }
    >
      <Loaded live={live}>
        {({ messages }) => (
          <ul class="stack">
            {messages.map(({ id, at, body }) => (
              <li key={id} class="code">
                {at && <Time at={at} />}
                <pre tabIndex={0}>{body}</pre>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Dialog>
  );
}
