import type { Schemas } from '../api/client';
import { to } from '../route';
import { text } from '../text';
import { Badge, type Tone } from './shape';
import { Table } from './table';
import { Time } from './time';

const tones: Record<string, Tone> = { succeeded: 'ok', refused: 'attention', failed: 'exhausted', unknown: 'attention' };

/** What admins did, the newest first. */
export function AuditTable({ actions, withTarget = true, withDetails = false }: { actions: Schemas['AdminAction'][]; withTarget?: boolean; withDetails?: boolean }) {
  const { audit } = text.value;
  const { columns } = audit;
  return (
    <Table
      kind="log"
      scrolls={audit.title}
      rows={actions}
      idOf={({ id }) => id}
      columns={[
        { name: columns.at, cell: ({ at }) => <Time at={at} /> },
        { name: columns.actor, cell: ({ actor }) => actor },
        { name: columns.act, kind: 'title', cell: ({ method, route }) => audit.acts[`${method} ${route}`] ?? <span class="mono">{`${method} ${route}`}</span> },
        withTarget && { name: columns.target, kind: 'long', cell: ({ target }) => target && <Target id={target} /> },
        {
          name: columns.outcome,
          kind: 'end',
          cell: ({ outcome, code }) => (
            <>
              <Badge tone={tones[outcome] ?? 'attention'}>{audit.outcomes[outcome] ?? outcome}</Badge>
              {code && <span class="small faint"> {code}</span>}
            </>
          ),
        },
        withDetails && { name: columns.address, cell: ({ address }) => <span class="mono">{address}</span> },
        withDetails && { name: audit.details, kind: 'full', cell: detailsOf },
      ]}
    />
  );
}

function Target({ id }: { id: string }) {
  return id.startsWith('key_') ? (
    <a class="mono" href={to('keys', id)}>
      {id}
    </a>
  ) : (
    <span class="mono">{id}</span>
  );
}

/** Only the fields that differ. */
function detailsOf({ before, after }: Schemas['AdminAction']) {
  const { audit } = text.value;
  const was = (before ?? {}) as Record<string, unknown>;
  const is = (after ?? {}) as Record<string, unknown>;
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]) && (was[name] ?? is[name]) != null);
  if (names.length === 0) return null;
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
