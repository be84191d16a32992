import { useEffect, useId, useState } from 'preact/hooks';

/** A filter of a list that comes by pages. A change is made to the filter as it is by then, and leads to the first page. */
export function useFilter<F>(none: F) {
  const [filter, setFilter] = useState(none);
  const [cursors, setCursors] = useState<string[]>([]);
  const change = (some: Partial<F>) => {
    setCursors([]);
    setFilter((last) => ({ ...last, ...some }));
  };
  return { filter, change, cursors, setCursors };
}

/** A filter that is typed in. It is taken a moment after the last letter, so that not each one asks the service. */
export function TypedFilter({ kind, label, placeholder, value, change }: { kind: 'search' | 'pick'; label: string; placeholder: string; value: string; change: (value: string) => void }) {
  const id = useId();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => change(typed.trim()), 300);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <>
      <label class="visually-hidden" for={id}>
        {label}
      </label>
      <input id={id} class={`input ${kind}`} type="search" placeholder={placeholder} value={typed} spellcheck={false} onInput={(event) => setTyped(event.currentTarget.value)} />
    </>
  );
}

/** A filter that is picked. */
export function Pick({ label, value, change, options }: { label: string; value: string; change: (value: string) => void; options: [value: string, name: string][] }) {
  return (
    <select class="input pick" aria-label={label} value={value} onChange={(event) => change(event.currentTarget.value)}>
      {options.map(([option, name]) => (
        <option key={option} value={option}>
          {name}
        </option>
      ))}
    </select>
  );
}
