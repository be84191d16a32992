import { useComputed } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { compact } from '../format';
import { dark, language } from '../preferences';
import { text } from '../text';
import { type ChartProps, columnsOf, optionsOf } from './chart-options';

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
