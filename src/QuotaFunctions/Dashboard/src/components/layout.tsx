import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { offline } from '../api/client';
import { relative } from '../format';
import { text } from '../text';
import { Shape } from './shape';

/** A screen's head: its name, which is the window's title as well, and what belongs beside it. */
export function Head({ title, crumb, children }: { title: string; crumb?: ComponentChildren; children?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · QuotaFunctions`;
  }, [title]);
  return (
    <div class="head">
      <h1>
        {crumb && <span class="crumb">{crumb} / </span>}
        {title}
      </h1>
      {children && <div class="push">{children}</div>}
    </div>
  );
}

/** Says that what is seen is up to date, and since when; nothing where the service does not answer. */
export function LiveMark({ at }: { at: Date | undefined }) {
  if (!at || offline.value) return null;
  return (
    <span class="live">
      <Shape tone="ok" />
      {text.value.common.live(relative(at))}
    </span>
  );
}

export function Section({ title, aside, children }: { title: string; aside?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="section">
      <header>
        <h2>{title}</h2>
        {aside && <div class="push">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

export interface Figure {
  name: string;
  value: string;
  note?: string;
}

/** Figures side by side, each with the one before it in small. */
export function Figures({ figures }: { figures: Figure[] }) {
  return (
    <dl class="figures">
      {figures.map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="num">{value}</dd>
          {note && <dd class="was">{note}</dd>}
        </div>
      ))}
    </dl>
  );
}

/** Names and values, one below the other. */
export function Sums({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="sums">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
