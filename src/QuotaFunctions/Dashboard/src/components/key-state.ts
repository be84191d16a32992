import type { Schemas } from '../api/client';
import { amount, usedShare } from '../format';
import { text } from '../text';
import type { Tone } from './shape';

export type Key = Schemas['Key'];

/** From this share on a quota is nearly used up. */
const lowFrom = 90;

/** How a key or a pool stands: its shape, and the word for it. */
export function stateOf({ status, used, quota, remaining }: Pick<Key, 'status' | 'used' | 'quota' | 'remaining'>): { tone: Tone; word: string } {
  const words = text.value.keys.status;
  if (status !== 'active') return { tone: 'off', word: words[status]! };
  if (remaining != null && remaining <= 0) return { tone: 'exhausted', word: words.usedUp! };
  return (usedShare(used, quota) ?? 0) >= lowFrom ? { tone: 'attention', word: words.low! } : { tone: 'ok', word: words.active! };
}

/** What is left of a quota, in its unit. */
export const leftOf = ({ remaining, unit }: Pick<Key, 'remaining' | 'unit'>) => (remaining == null ? text.value.common.unlimited : amount(remaining, unit));
