import { useComputed } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { compact } from '../format';
import { dark, language } from '../preferences';
import { text } from '../text';

export type Ink = 'data' | 'data-2' | 'data-3' | 'exhausted';

export interface Series {
  name: string;
  ink: Ink;
  values: (number | null)[];
}

interface ChartProps {
  title: string;

  /** What the columns are called, short for the axis and exact for reading. */
  labels: { short: string; exact: string }[];

  /** At most three. As bars they stand on one another, the first at the bottom. */
  series: Series[];
  kind: 'bars' | 'lines';
  format: (value: number | null) => string;

  /** How the scale's values are written, where not short: 220 k. */
  axis?: (value: number) => string;

  /** True where the last column is not over yet: its bar is lighter. */
  isOpen?: boolean;
}

/** A chart, and a table of the same figures. Arrow keys or a pointer read the exact values. */
export function Chart(props: ChartProps) {
  const [asTable, setAsTable] = useState(false);
  const [at, read] = useState<number>();
  const { common } = text.value;
  const reading = at === undefined ? undefined : props.labels[at];
  return (
    <figure class="chart-box">
      <div class="chart-head">
        <p class="legend" role="status">
          {reading && <span class="strong">{reading.exact}</span>}
          {props.series.map(({ name, ink, values }) => (
            <span key={name}>
              <svg class={`key ink-${ink}`} viewBox="0 0 8 8" aria-hidden="true">
                <rect width="8" height="8" />
              </svg>
              {name}
              {reading && at !== undefined && <strong>{props.format(values[at] ?? null)}</strong>}
            </span>
          ))}
        </p>
        <button type="button" class="btn quiet sm" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? common.asChart : common.asTable}
        </button>
      </div>
      {asTable ? <ChartTable {...props} /> : <Plot {...props} at={at} read={read} />}
    </figure>
  );
}

function ChartTable({ title, labels, series, format }: ChartProps) {
  return (
    <div class="scroll">
      <table class="table log">
        <caption class="visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col" />
            {series.map(({ name }) => (
              <th key={name} scope="col" class="n">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label, index) => (
            <tr key={label.exact}>
              <td>{label.exact}</td>
              {series.map(({ name, values }) => (
                <td key={name} class="n">
                  {format(values[index] ?? null)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Plot({ title, labels, series, kind, axis = compact, isOpen = false, at, read }: ChartProps & { at: number | undefined; read: (index?: number) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const look = useComputed(() => `${dark.value} ${language.value}`).value;

  const data = useMemo(() => columnsOf(series, labels.length, kind), [series, labels.length, kind]);
  const shape = JSON.stringify([kind, isOpen, labels.map(({ short }) => short), series.map(({ ink }) => ink)]);

  // A new chart where its form changes, else new values in the same one
  useEffect(() => {
    const element = box.current!;
    const options = optionsOf(element, { labels, series, kind, axis, isOpen, read });
    const made = new uPlot({ ...options, width: element.clientWidth, height: element.clientHeight }, data, element);
    plot.current = made;
    const resizing = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: element.clientHeight }));
    resizing.observe(element);
    return () => {
      resizing.disconnect();
      made.destroy();
    };
  }, [shape, look]);

  useEffect(() => plot.current?.setData(data), [data]);

  const readByKey = (index: number) => {
    const next = Math.max(0, Math.min(labels.length - 1, index));
    read(next);
    plot.current?.setCursor({ left: plot.current.valToPos(next, 'x'), top: 0 });
  };

  return (
    <div
      class="plot-box"
      tabIndex={0}
      role="group"
      aria-label={`${title}. ${text.value.common.chartHelp}`}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        readByKey(at === undefined ? labels.length - 1 : at + step);
      }}
      onBlur={() => read(undefined)}
    >
      <div ref={box} class="plot" />
    </div>
  );
}

/** What uPlot draws: the columns' numbers, then a row for each series. Bars that stand on others are drawn behind them, as tall as all together. */
function columnsOf(series: Series[], count: number, kind: 'bars' | 'lines'): uPlot.AlignedData {
  const columns = Array.from({ length: count }, (_, index) => index);
  if (kind === 'lines') return [columns, ...series.map(({ values }) => values)];
  const totals = series.map((_, top) => columns.map((index) => sum(series.slice(0, top + 1).map(({ values }) => values[index] ?? 0))));
  return [columns, ...totals.reverse()];
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

function optionsOf(
  element: HTMLElement,
  { labels, series, kind, axis, isOpen, read }: Pick<ChartProps, 'labels' | 'series' | 'kind'> & { axis: (value: number) => string; isOpen: boolean; read: (index?: number) => void },
): Omit<uPlot.Options, 'width' | 'height'> {
  const colours = coloursOf(element);
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  const drawn = kind === 'bars' ? [...series].reverse() : series;
  const bars = (ink: Ink) =>
    uPlot.paths.bars!({
      size: [0.68, 96],
      disp: { fill: { unit: 3, values: () => labels.map((_, index) => (isOpen && index === labels.length - 1 ? colours(ink, 55) : colours(ink))) } },
    });
  return {
    padding: [8, 0, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: kind === 'lines' }, drag: { x: false, y: false } },
    hooks: { setCursor: [(plot) => read(plot.cursor.left !== undefined && plot.cursor.left >= 0 && plot.cursor.idx != null ? plot.cursor.idx : undefined)] },
    scales: {
      x: { time: false, range: () => [-0.5, labels.length - 0.5] },
      y: { range: (_, __, most) => [0, niceTop(most)] },
    },
    series: [
      {},
      ...drawn.map(({ ink }): uPlot.Series => {
        const colour = colours(ink);
        return kind === 'bars'
          ? { fill: colour, width: 0, paths: bars(ink), points: { show: false } }
          : { stroke: colour, width: 1.75, points: { show: labels.length < 3 }, spanGaps: false };
      }),
    ],
    axes: [
      {
        stroke: colours('ink-3'),
        font,
        size: 28,
        gap: 4,
        grid: { show: false },
        ticks: { show: false },
        splits: (plot) => spread(labels.length, plot.width),
        values: (_, splits) => splits.map((index) => labels[index]?.short ?? ''),
      },
      {
        side: 1,
        align: 1,
        stroke: colours('ink-3'),
        font,
        size: 52,
        gap: 4,
        grid: { stroke: colours('line'), width: 1 },
        ticks: { show: false },
        splits: (_, __, ___, top) => [0, top / 2, top],
        values: (_, splits) => splits.map(axis),
      },
    ],
  };
}

/** The columns that have room for a label, the last one among them. */
function spread(count: number, width: number): number[] {
  const step = Math.max(1, Math.ceil(count / Math.max(1, Math.floor(width / 68))));
  return Array.from({ length: count }, (_, index) => index).filter((index) => (count - 1 - index) % step === 0);
}

/** The top of the scale: even, so that its half can be read as well. */
function niceTop(most: number | null): number {
  if (!most || most <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 4, 6, 8, 10].find((step) => step * power >= most) ?? 10) * power;
}

/** What a colour of the style sheet is in this theme, or a share of it on the page's own: a canvas does not know variables. */
function coloursOf(element: HTMLElement): (name: string, share?: number) => string {
  return (name, share = 100) => {
    const probe = document.createElement('span');
    probe.style.color = `color-mix(in srgb, var(--${name}) ${share}%, var(--page))`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
