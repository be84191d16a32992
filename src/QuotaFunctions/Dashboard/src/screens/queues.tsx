import { useState } from 'preact/hooks';
import { Confirm, Dialog } from '../components/dialog';
import { Head, LiveMark, Section } from '../components/layout';
import { Badge } from '../components/shape';
import { Loaded } from '../components/states';
import { Time } from '../components/time';
import { toast } from '../components/toast';
import { none, number } from '../format';
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
            <table class="table after">
              <thead>
                <tr>
                  <th scope="col">{columns.name}</th>
                  <th scope="col" class="n">
                    {columns.waiting}
                  </th>
                  <th scope="col" class="n">
                    {columns.oldest}
                  </th>
                  <th scope="col">{columns.poison}</th>
                </tr>
              </thead>
              <tbody>
                {queues.map((queue) => (
                  <tr key={queue.name}>
                    <td class="name">{queue.name}</td>
                    <td class="n">{number(queue.length)}</td>
                    <td class="n">{queue.oldest_age_seconds === null ? none : <Time at={new Date(Date.now() - queue.oldest_age_seconds * 1000).toISOString()} />}</td>
                    <td class="poison">
                      {queue.poison_length === 0 ? (
                        <Badge tone="ok">0</Badge>
                      ) : (
                        <>
                          <Badge tone="exhausted">{number(queue.poison_length)}</Badge>
                          <button type="button" class="btn sm quiet" onClick={() => setShown(queue.name)}>
                            {words.show}
                          </button>
                          {mayChange() && (
                            <button type="button" class="btn sm" onClick={() => setRedriven(queue.name)}>
                              {words.redrive}
                            </button>
                          )}
                        </>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <Section title={words.buffers}>
              <table class="table narrow">
                <thead>
                  <tr>
                    <th scope="col">{bufferColumns.name}</th>
                    <th scope="col" class="n">
                      {bufferColumns.filled}
                    </th>
                    <th scope="col" class="n">
                      {bufferColumns.dropped}
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {buffers.map((buffer) => (
                    <tr key={buffer.name}>
                      <td class="name">{buffer.name}</td>
                      <td class="n">{text.value.common.of(number(buffer.len), number(buffer.cap))}</td>
                      <td class="n">{number(buffer.dropped)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Section>
          </>
        )}
      </Loaded>
      {shown && <PoisonDialog queue={shown} close={() => setShown(undefined)} />}
      {redriven && (
        <Confirm
          title={`${words.redrive}: ${redriven}`}
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
