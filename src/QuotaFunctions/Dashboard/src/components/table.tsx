import type { ComponentChildren } from 'preact';
import { none } from '../format';

export interface Column<T> {
  /** Its heading. On a phone, where each row is a card, it stands before the value. */
  name: string;

  /** What stands in a row: nothing, or a dash, where the row has no such thing. A card leaves it out. */
  cell: (row: T) => ComponentChildren;

  /**
   * Its place in a card: title and end share the first line, quota, full and long have a line of their own, pick is before them, buttons are the last.
   * As n it holds numbers, as long a text that may be cut.
   */
  kind?: 'title' | 'end' | 'quota' | 'full' | 'buttons' | 'pick' | 'n' | 'long';

  /** The heading where it is no plain text. */
  head?: ComponentChildren;
}

interface Props<T> {
  columns: (Column<T> | false)[];
  rows: T[];
  idOf: (row: T) => string;

  /** log: many rows, set close; narrow: few columns. */
  kind?: 'log' | 'narrow';

  /** What it is called, where it may be wider than a desktop's page and so scrolls. */
  scrolls?: string;
}

/** Rows and columns; on a phone a list of cards. */
export function Table<T>({ columns, rows, idOf, kind, scrolls }: Props<T>) {
  const shown = columns.filter((column) => column !== false);
  const table = (
    <table class={`table cards ${kind ?? ''}`}>
      <thead>
        <tr>
          {shown.map(({ name, kind: place, head }) => (
            <th key={name} scope="col" class={place}>
              {head ?? (place === 'buttons' ? <span class="visually-hidden">{name}</span> : name)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={idOf(row)}>
            {shown.map(({ name, kind: place = '', cell }) => {
              const value = cell(row) ?? none;
              return (
                <td key={name} class={value === none ? `${place} void` : place} data-name={name}>
                  {value}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
  return scrolls === undefined ? (
    table
  ) : (
    <div class="scroll" tabIndex={0} role="region" aria-label={scrolls}>
      {table}
    </div>
  );
}
