import type { Schemas } from '../api/client';
import { to } from '../route';
import { text } from '../text';
import { Badge, type Tone } from './shape';
import { Time } from './time';

const tones: Record<string, Tone> = { succeeded: 'ok', refused: 'attention', failed: 'exhausted', unknown: 'attention' };

/** What admins did, the newest first. */
export function AuditTable({ actions, withTarget = true, withDetails = false }: { actions: Schemas['AdminAction'][]; withTarget?: boolean; withDetails?: boolean }) {
  const { audit } = text.value;
  const { columns } = audit;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={audit.title}>
      <table class="table log">
        <thead>
          <tr>
            <th scope="col">{columns.at}</th>
            <th scope="col">{columns.actor}</th>
            <th scope="col">{columns.act}</th>
            {withTarget && <th scope="col">{columns.target}</th>}
            <th scope="col">{columns.outcome}</th>
            {withDetails && <th scope="col">{columns.address}</th>}
            {withDetails && <th scope="col">{audit.details}</th>}
          </tr>
        </thead>
        <tbody>
          {actions.map((action) => (
            <tr key={action.id}>
              <td class="nowrap">
                <Time at={action.at} />
              </td>
              <td>{action.actor}</td>
              <td>{audit.acts[`${action.method} ${action.route}`] ?? <span class="mono">{`${action.method} ${action.route}`}</span>}</td>
              {withTarget && (
                <td class="mono">
                  <Target id={action.target} />
                </td>
              )}
              <td>
                <Badge tone={tones[action.outcome] ?? 'attention'}>{audit.outcomes[action.outcome] ?? action.outcome}</Badge>
                {action.code && <span class="small faint"> {action.code}</span>}
              </td>
              {withDetails && <td class="mono">{action.address}</td>}
              {withDetails && (
                <td>
                  <Details action={action} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Target({ id }: { id: string | null }) {
  if (id === null) return <span class="dash">–</span>;
  return id.startsWith('key_') ? <a href={to('keys', id)}>{id}</a> : <>{id}</>;
}

/** Only the fields that differ. */
function Details({ action: { before, after } }: { action: Schemas['AdminAction'] }) {
  const { audit } = text.value;
  const was = (before ?? {}) as Record<string, unknown>;
  const is = (after ?? {}) as Record<string, unknown>;
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]) && (was[name] ?? is[name]) != null);
  if (names.length === 0) return <span class="dash">–</span>;
  const written = (value: unknown) => (value == null ? '–' : typeof value === 'string' ? value : JSON.stringify(value));
  return (
    <details>
      <summary>{audit.details}</summary>
      <dl class="changes">
        {names.map((name) => (
          <div key={name}>
            <dt class="mono">{name}</dt>
            <dd>{before ? `${written(was[name])} → ${written(is[name])}` : written(is[name])}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
