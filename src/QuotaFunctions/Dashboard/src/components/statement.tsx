import { amount } from '../format';
import { text } from '../text';
import type { Key } from './key-state';

/** Granted − used − held = left: a sum that one can check. */
export function Statement({ subject: { quota, used, held, remaining, unit } }: { subject: Pick<Key, 'quota' | 'used' | 'held' | 'remaining' | 'unit'> }) {
  const { key: words } = text.value;
  const term = (name: string, value: number | null, hint?: string) => (
    <div>
      <span class="term" title={hint}>
        {name}
      </span>
      <span class="num">{amount(value, unit)}</span>
    </div>
  );
  return (
    <div class="statement">
      {term(words.granted, quota)}
      <span class="op">−</span>
      {term(words.used, used)}
      <span class="op">−</span>
      {term(words.held, held, words.heldNote)}
      <span class="op eq">=</span>
      {term(words.left, remaining)}
    </div>
  );
}
