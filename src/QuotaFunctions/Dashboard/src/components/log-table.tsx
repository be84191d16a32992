import type { Schemas } from '../api/client';
import { amount, clockSeconds, date, exact, milliseconds, number } from '../format';
import { to } from '../route';
import { text } from '../text';
import { Badge, type Tone } from './shape';
import { Table } from './table';

export type LogRow = Schemas['LogRow'];

const tones: Record<string, Tone> = {
  succeeded: 'ok',
  consumed: 'ok',
  client_error: 'attention',
  client_closed: 'attention',
  unknown: 'attention',
  failed: 'exhausted',
  unreachable: 'exhausted',
  timed_out: 'exhausted',
  truncated: 'exhausted',
};

/** Rows of the log, the newest first. */
export function LogTable({ rows, withKey = false }: { rows: LogRow[]; withKey?: boolean }) {
  const { log } = text.value;
  const { columns } = log;
  return (
    <Table
      kind="log"
      scrolls={log.title}
      rows={rows}
      idOf={({ id }) => id}
      columns={[
        {
          name: columns.at,
          kind: 'title',
          cell: ({ at }) => (
            <time dateTime={at} title={exact(at)}>
              {new Date(at).toDateString() === new Date().toDateString() ? clockSeconds(at) : `${date(at)} ${clockSeconds(at)}`}
            </time>
          ),
        },
        withKey && {
          name: columns.key,
          kind: 'long',
          cell: ({ key }) => (
            <a class="mono" href={to('keys', key)}>
              {key.slice(0, 10)}
            </a>
          ),
        },
        { name: columns.outcome, kind: 'end', cell: ({ outcome }) => <Badge tone={tones[outcome] ?? 'off'}>{log.outcomes[outcome] ?? outcome}</Badge> },
        { name: columns.cost, kind: 'n', cell: ({ cost, unit }) => amount(cost, unit) },
        { name: columns.status, kind: 'n', cell: ({ status }) => status },
        { name: columns.latency, kind: 'n', cell: ({ latency_ms: latency }) => milliseconds(latency) },
        { name: columns.provider, cell: ({ provider }) => provider },
        { name: columns.model, cell: ({ model }) => model },
        { name: columns.tokens, kind: 'n', cell: (row) => (row.tokens_in == null ? null : `${number(row.tokens_in)}, ${number(row.tokens_out)}`) },
        {
          name: columns.path,
          kind: 'long',
          cell: ({ path, method, reference, request_id: request }) =>
            (path ?? reference) && (
              <span class="mono" title={request ?? undefined}>
                {path ? `${method} ${path}` : reference}
              </span>
            ),
        },
      ]}
    />
  );
}
