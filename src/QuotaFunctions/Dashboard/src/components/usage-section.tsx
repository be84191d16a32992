import { useMemo, useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { amount, dayBefore, hourBefore, milliseconds, number, percent, zone } from '../format';
import { useLive } from '../live';
import { text } from '../text';
import { Chart } from './chart';
import { Segments } from './form';
import { Section } from './layout';
import { Loaded } from './states';
import { Table } from './table';
import { labelOf, type Span, spansSince, UsageChart } from './usage-chart';

interface UsageQuery {
  from: string;
  granularity?: Span;
  group_by?: 'provider' | 'model';
  time_zone: string;
}

type LoadUsage = (query: UsageQuery, signal: AbortSignal) => Promise<Schemas['Usage']>;

/**
 * A key's usage by hour or day, its latency, and who served it.
 * @param id the key's id, or anything that changes with the key
 */
export function UsageSection({ load, id, unit }: { load: LoadUsage; id: string; unit: string }) {
  const [span, setSpan] = useState<Span>('day');
  const { key: words } = text.value;
  const from = span === 'hour' ? hourBefore(23) : dayBefore(13);
  const start = useMemo(() => (span === 'hour' ? new Date(from) : new Date(`${from}T00:00`)), [from]);
  const live = useLive((signal) => load({ from, granularity: span, time_zone: zone() }, signal), [id, from, span], 5);
  return (
    <>
      <Section
        title={words.usage}
        aside={
          <Segments
            label={words.usage}
            value={span}
            change={setSpan}
            options={[
              ['hour', words.byHour],
              ['day', words.byDay],
            ]}
          />
        }
      >
        <Loaded live={live} rows={5}>
          {({ usage, total }) =>
            total.requests === 0 ? <p class="dim">{words.noUsage}</p> : <UsageChart title={words.usage} usage={usage} from={start} span={span} />
          }
        </Loaded>
      </Section>
      {live.data && live.data.usage.some((item) => item.latency_p50_ms !== null) && (
        <Section title={words.latency}>
          <LatencyChart usage={live.data.usage} from={start} span={span} />
        </Section>
      )}
      {live.data && live.data.total.requests > 0 && (
        <div class="cols even">
          <Groups title={words.byProvider} by="provider" load={load} id={id} from={from} unit={unit} />
          <Groups title={words.byModel} by="model" load={load} id={id} from={from} unit={unit} />
        </div>
      )}
    </>
  );
}

function LatencyChart({ usage, from, span }: { usage: Schemas['UsageItem'][]; from: Date; span: Span }) {
  const { key: words } = text.value;
  const spans = spansSince(from, span);
  const known = new Map(usage.map((item) => [Date.parse(item.from ?? ''), item]));
  const values = (name: 'latency_p50_ms' | 'latency_p95_ms' | 'latency_p99_ms') => spans.map((at) => known.get(at.getTime())?.[name] ?? null);
  return (
    <Chart
      title={words.latency}
      kind="lines"
      labels={spans.map((at, index) => labelOf(at, span, index === spans.length - 1))}
      series={[
        { name: words.typical, ink: 'data', values: values('latency_p50_ms') },
        { name: words.slow, ink: 'data-2', values: values('latency_p95_ms') },
        { name: words.slowest, ink: 'data-3', values: values('latency_p99_ms') },
      ]}
      format={milliseconds}
      axis={milliseconds}
    />
  );
}

function Groups({ title, by, load, id, from, unit }: { title: string; by: 'provider' | 'model'; load: LoadUsage; id: string; from: string; unit: string }) {
  const live = useLive((signal) => load({ from, group_by: by, time_zone: zone() }, signal), [id, from, by], 15);
  const { key: words, log, overview } = text.value;
  return (
    <Section title={title}>
      <Loaded live={live}>
        {({ usage }) => (
          <Table
            rows={usage.toSorted((one, other) => other.requests - one.requests)}
            idOf={(item) => item[by] ?? ''}
            columns={[
              { name: log.columns[by], kind: 'title', cell: (item) => item[by] ?? <span class="faint">{words.other}</span> },
              { name: overview.requests, kind: 'n', cell: ({ requests }) => number(requests) },
              { name: overview.succeeded, kind: 'n', cell: ({ success, failed }) => (success + failed > 0 ? percent((success / (success + failed)) * 100) : null) },
              { name: log.columns.cost, kind: 'n', cell: ({ cost }) => amount(cost, unit) },
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}
