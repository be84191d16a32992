import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { offline } from '../api/client';
import { clock } from '../format';
import { text } from '../text';
import { Shape } from './shape';

export function Banner({ children }: { children: ComponentChildren }) {
  return (
    <div class="banner" role="status">
      <Shape tone="attention" />
      <span>{children}</span>
    </div>
  );
}

/** Says that the service does not answer, and since when what is seen is old. */
export function OfflineBanner() {
  const since = useRef<Date | undefined>(undefined);
  if (!offline.value) {
    since.current = undefined;
    return null;
  }

  since.current ??= new Date();
  return <Banner>{text.value.common.stale(clock(since.current))}</Banner>;
}
