import uPlot from 'uplot';

export type Ink = 'data' | 'data-2' | 'data-3' | 'exhausted';

export interface Series {
  name: string;
  ink: Ink;
  values: (number | null)[];
}

export interface ChartProps {
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

/** So wide is the scale at the right. */
const scaleWidth = 52;

/** What uPlot draws: the columns' numbers, then a row for each series. Bars that stand on others are drawn behind them, as tall as all together. */
export function columnsOf(series: Series[], count: number, kind: 'bars' | 'lines'): uPlot.AlignedData {
  const columns = Array.from({ length: count }, (_, index) => index);
  if (kind === 'lines') return [columns, ...series.map(({ values }) => values)];
  const totals = series.map((_, top) => columns.map((index) => sum(series.slice(0, top + 1).map(({ values }) => values[index] ?? 0))));
  return [columns, ...totals.reverse()];
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** How uPlot draws it. */
export function optionsOf(
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
          : { stroke: colour, width: 1.75, points: { filter: alone }, spanGaps: false };
      }),
    ],
    axes: [
      {
        stroke: colours('ink-3'),
        font,
        size: 28,
        gap: 8,
        border: { show: true, stroke: colours('edge'), width: 1 },
        grid: { show: false },
        ticks: { show: false },
        splits: ({ width, ctx }) => {
          ctx.font = font;
          return spread(labels.map(({ short }) => ctx.measureText(short).width), width - scaleWidth);
        },
        values: (_, splits) => splits.map((index) => labels[index]?.short ?? ''),
      },
      {
        side: 1,
        align: 1,
        stroke: colours('ink-3'),
        font,
        size: scaleWidth,
        gap: 4,
        // The zero line is the other axis's border
        grid: { stroke: colours('line'), width: 1, filter: (_, splits) => splits.map((value) => value || null) },
        ticks: { show: false },
        splits: (_, __, ___, top) => [0, top / 2, top],
        values: (_, splits) => splits.map(axis),
      },
    ],
  };
}

/** The values that no line leads to, since those beside them are not known: each is drawn as a point. */
function alone({ data }: uPlot, row: number): number[] {
  const values = data[row]!;
  return [...values.keys()].filter((index) => values[index] != null && values[index - 1] == null && values[index + 1] == null);
}

/** The columns that have room for a label of their width, the last one among them. */
function spread(widths: number[], width: number): number[] {
  const column = width / widths.length;
  const step = Math.max(1, Math.ceil((Math.max(...widths) + 16) / column));
  return [...widths.keys()].filter((index) => (widths.length - 1 - index) % step === 0 && (index + 0.5) * column >= widths[index]! / 2);
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
