import { useMemo } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { clock, date, exact, number, weekday } from '../format';
import { text } from '../text';
import { Chart } from './chart';

type Counts = Pick<Schemas['UsageItem'], 'from' | 'success' | 'failed' | 'unknown'>;

export type Span = 'hour' | 'day';

/** The beginnings of all hours or days from a moment to now, in the reader's zone: those without a request as well. */
export function spansSince(from: Date, span: Span, now = new Date()): Date[] {
  const spans: Date[] = [];
  const at = new Date(from);
  while (at <= now) {
    spans.push(new Date(at));
    if (span === 'day') at.setDate(at.getDate() + 1);
    else at.setTime(at.getTime() + 3_600_000);
  }

  return spans;
}

/** How a span is called below its bar, and when it is read out. */
export function labelOf(at: Date, span: Span, isLast: boolean) {
  const { common } = text.value;
  const short = span === 'day' ? (isLast ? common.today : weekday(at)) : isLast ? common.now : clock(at);
  return { short, exact: span === 'day' ? date(at) : exact(at) };
}

/** Requests per hour or day, of all items together, failed ones on top in red. The last bar is not over yet. */
export function UsageChart({ title, usage, from, span }: { title: string; usage: Counts[]; from: Date; span: Span }) {
  const { overview } = text.value;
  const spans = useMemo(() => spansSince(from, span), [from.getTime(), span, usage]);
  const series = useMemo(() => {
    const known = Map.groupBy(usage, (item) => Date.parse(item.from ?? ''));
    const values = (of: (item: Counts) => number) => spans.map((at) => (known.get(at.getTime()) ?? []).reduce((sum, item) => sum + of(item), 0));
    return { succeeded: values((item) => item.success + item.unknown), failed: values((item) => item.failed) };
  }, [spans, usage]);
  return (
    <Chart
      title={title}
      kind="bars"
      isOpen
      labels={spans.map((at, index) => labelOf(at, span, index === spans.length - 1))}
      series={[
        { name: overview.succeededBars, ink: 'data', values: series.succeeded },
        { name: overview.failedBars, ink: 'exhausted', values: series.failed },
      ]}
      format={number}
    />
  );
}
