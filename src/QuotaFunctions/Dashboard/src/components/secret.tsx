import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { text } from '../text';

export function Copy({ value }: { value: string }) {
  const [isCopied, setCopied] = useState(false);
  const { common } = text.value;
  return (
    <button
      type="button"
      class="btn sm"
      onClick={async () => {
        await navigator.clipboard.writeText(value);
        setCopied(true);
        setTimeout(() => setCopied(false), 3000);
      }}
    >
      <span aria-live="polite">{isCopied ? common.copied : common.copy}</span>
    </button>
  );
}

/** A command or code, with a button that copies it. */
export function Code({ value, children }: { value: string; children?: ComponentChildren }) {
  return (
    <div class="code">
      <pre tabIndex={0}>{children ?? value}</pre>
      <Copy value={value} />
    </div>
  );
}

/** A secret, shown once. */
export function Secret({ value }: { value: string }) {
  return (
    <div class="secret">
      <div class="value">
        <span data-secret>{value}</span>
        <Copy value={value} />
      </div>
    </div>
  );
}
