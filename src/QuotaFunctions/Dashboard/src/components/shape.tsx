export type Tone = 'ok' | 'attention' | 'exhausted' | 'off';

/** The shape of a state: a dot is well, a triangle wants attention, a square is used up or failed, a ring is switched off. Never colour alone. */
export function Shape({ tone }: { tone: Tone }) {
  return (
    <svg class={`shape c-${tone}${tone === 'off' ? ' ring' : ''}`} viewBox="0 0 10 10" aria-hidden="true">
      {tone === 'attention' ? <path d="M5 0l5 10H0z" /> : tone === 'exhausted' ? <rect width="10" height="10" /> : <circle cx="5" cy="5" r="4" />}
    </svg>
  );
}

export function Badge({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span class={`badge ${tone}`}>
      <Shape tone={tone} />
      {children}
    </span>
  );
}

/** How much of a quota is used, and held in a lighter tone. Its lengths are SVG attributes. */
export function Meter({ used, held = 0, quota, tone, label }: { used: number; held?: number; quota: number | null; tone: Tone; label: string }) {
  if (quota === null) return <span class="dash">–</span>;
  const share = (value: number) => (quota > 0 ? Math.max(0, Math.min(1, value / quota)) * 100 : 100);
  const usedWidth = share(used);
  const heldWidth = Math.min(share(held), 100 - usedWidth);
  return (
    <svg class={`meter ${tone}`} viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="track" width="100" height="6" />
      <rect class="fill" width={usedWidth} height="6" />
      {heldWidth > 0 && <rect class="held" x={usedWidth} width={heldWidth} height="6" />}
    </svg>
  );
}
