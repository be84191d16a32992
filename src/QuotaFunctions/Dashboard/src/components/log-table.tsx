import type { Schemas } from '../api/client';
import { amount, clockSeconds, date, exact, milliseconds, none, number } from '../format';
import { to } from '../route';
import { text } from '../text';
import { Badge, type Tone } from './shape';

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
    <div class="scroll" tabIndex={0} role="region" aria-label={log.title}>
      <table class="table log">
        <thead>
          <tr>
            <th scope="col">{columns.at}</th>
            {withKey && <th scope="col">{columns.key}</th>}
            <th scope="col">{columns.outcome}</th>
            <th scope="col" class="n">
              {columns.cost}
            </th>
            <th scope="col" class="n">
              {columns.status}
            </th>
            <th scope="col" class="n">
              {columns.latency}
            </th>
            <th scope="col">{columns.provider}</th>
            <th scope="col">{columns.model}</th>
            <th scope="col" class="n">
              {columns.tokens}
            </th>
            <th scope="col">{columns.path}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td class="nowrap">
                <time dateTime={row.at} title={exact(row.at)}>
                  {new Date(row.at).toDateString() === new Date().toDateString() ? clockSeconds(row.at) : `${date(row.at)} ${clockSeconds(row.at)}`}
                </time>
              </td>
              {withKey && (
                <td class="mono">
                  <a href={to('keys', row.key)}>{row.key}</a>
                </td>
              )}
              <td>
                <Badge tone={tones[row.outcome] ?? 'off'}>{log.outcomes[row.outcome] ?? row.outcome}</Badge>
              </td>
              <td class="n">{amount(row.cost, row.unit)}</td>
              <td class="n">{row.status ?? none}</td>
              <td class="n">{milliseconds(row.latency_ms)}</td>
              <td>{row.provider ?? none}</td>
              <td>{row.model ?? none}</td>
              <td class="n">{row.tokens_in == null ? none : `${number(row.tokens_in)}, ${number(row.tokens_out)}`}</td>
              <td class="mono path" title={row.request_id ?? undefined}>
                {row.path ? `${row.method} ${row.path}` : (row.reference ?? none)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
