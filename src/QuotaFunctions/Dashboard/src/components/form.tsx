import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  label: string;
  hint?: string | undefined;
  fault?: string | undefined;
}

function Field({ id, label, hint, fault, children }: FieldProps & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {fault ? (
        <p class="fault" id={`${id}-hint`} role="alert">
          {fault}
        </p>
      ) : (
        hint && (
          <p class="hint" id={`${id}-hint`}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

/** A field for a line of text. */
export function Input({
  label,
  hint,
  fault,
  value,
  change,
  type = 'text',
  mono = false,
  ...more
}: FieldProps & {
  value: string;
  change: (value: string) => void;
  type?: 'text' | 'password' | 'number' | 'email' | 'datetime-local' | 'date' | 'search';
  mono?: boolean;
  autoFocus?: boolean;
  required?: boolean;
  placeholder?: string;
  autoComplete?: string;
}) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} fault={fault}>
      <input
        {...more}
        id={id}
        class={`input${fault ? ' bad' : ''}${mono ? ' mono' : ''}`}
        type={type as 'text'}
        step={type === 'number' ? 'any' : undefined}
        value={value}
        spellcheck={false}
        autoComplete={more.autoComplete ?? 'off'}
        aria-invalid={fault ? true : undefined}
        aria-describedby={hint || fault ? `${id}-hint` : undefined}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </Field>
  );
}

/** A field for one of a few values, by their names. */
export function Select({ label, hint, fault, value, change, options }: FieldProps & { value: string; change: (value: string) => void; options: [value: string, name: string][] }) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} fault={fault}>
      <select id={id} class="input" value={value} onChange={(event) => change(event.currentTarget.value)}>
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** A few values side by side, one of them chosen. */
export function Segments<T extends string | number>({ label, value, change, options }: { label: string; value: T; change: (value: T) => void; options: [value: T, name: string][] }) {
  return (
    <div class="seg sm" role="group" aria-label={label}>
      {options.map(([option, name]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => change(option)}>
          {name}
        </button>
      ))}
    </div>
  );
}
