import { amount } from '../format';
import { text } from '../text';
import type { Key } from './key-state';

/** Granted − used − held = left: a sum that one can check. */
export function Statement({ subject: { quota, used, held, remaining, unit } }: { subject: Pick<Key, 'quota' | 'used' | 'held' | 'remaining' | 'unit'> }) {
  const { key: words } = text.value;
  return (
    <dl class="statement">
      <div>
        <dt>{words.granted}</dt>
        <dd class="num">{amount(quota, unit)}</dd>
      </div>
      <div class="op" aria-hidden="true">
        −
      </div>
      <div>
        <dt>{words.used}</dt>
        <dd class="num">{amount(used, unit)}</dd>
      </div>
      <div class="op" aria-hidden="true">
        −
      </div>
      <div>
        <dt title={words.heldNote}>{words.held}</dt>
        <dd class="num">{amount(held, unit)}</dd>
      </div>
      <div class="op eq" aria-hidden="true">
        =
      </div>
      <div class="total">
        <dt>{words.left}</dt>
        <dd class="num">{amount(remaining, unit)}</dd>
      </div>
    </dl>
  );
}
