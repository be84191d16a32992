import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { text } from '../text';
import { Input } from './form';
import { Failed } from './states';

/**
 * A dialog over the page. The focus stays in it while it is open, and then goes back to where it was.
 * @param close undefined where it must not be closed yet
 */
export function Dialog({ title, close, children, footer }: { title: string; close: (() => void) | undefined; children: ComponentChildren; footer: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();

    // The browser gives it back where a dialog is closed, but not where it is taken away
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close?.();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        {close && (
          <button type="button" class="btn quiet sm" onClick={close}>
            {text.value.common.close}
          </button>
        )}
      </header>
      <div class="body">{children}</div>
      <footer>{footer}</footer>
    </dialog>
  );
}

export interface Act {
  busy: boolean;
  error: Error | undefined;

  /** What the service said of a field. */
  fault: (field: string) => string | undefined;

  /** Does it, once at a time; true when all went well. */
  run: () => Promise<boolean>;
}

/** Something that changes the service: whether it is under way, and how it failed. */
export function useAct(act: () => Promise<unknown>): Act {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  return {
    busy,
    error,
    fault: (field) => (error instanceof ApiError ? error.errors[field]?.join(' ') : undefined),
    run: async () => {
      if (busy) return false;
      setBusy(true);
      setError(undefined);
      try {
        await act();
        return true;
      } catch (failure) {
        setError(failure as Error);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}

/** A dialog with a form that does one thing. It closes when that is done, or does what is wanted then. */
export function FormDialog({
  title,
  submit,
  danger = false,
  disabled = false,
  act,
  close,
  done = close,
  children,
}: {
  title: string;
  submit: string;
  danger?: boolean;
  disabled?: boolean;
  act: Act;
  close: () => void;
  done?: () => void;
  children: ComponentChildren;
}) {
  const form = useId();
  const { common } = text.value;
  return (
    <Dialog
      title={title}
      close={close}
      footer={
        <>
          <button type="button" class="btn" onClick={close}>
            {common.cancel}
          </button>
          <button type="submit" form={form} class={`btn ${danger ? 'danger solid' : 'primary'}`} disabled={disabled || act.busy}>
            {submit}
          </button>
        </>
      }
    >
      <form
        id={form}
        class="stack"
        noValidate
        onSubmit={async (event) => {
          event.preventDefault();
          if (!disabled && (await act.run())) done();
        }}
      >
        {children}
        {act.error && <Failed error={act.error} />}
      </form>
    </Dialog>
  );
}

/** Asks before something is done, and says what will be true afterwards. What cannot be undone wants the name typed in. */
export function Confirm({
  title,
  says,
  submit,
  word,
  act,
  close,
}: {
  title: string;
  says: string;
  submit: string;
  word?: string | undefined;
  act: () => Promise<unknown>;
  close: () => void;
}) {
  const [typed, setTyped] = useState('');
  const state = useAct(act);
  return (
    <FormDialog title={title} submit={submit} danger={word !== undefined} disabled={word !== undefined && typed.trim() !== word.trim()} act={state} close={close}>
      <p>{says}</p>
      {word !== undefined && <Input label={text.value.common.typeToConfirm(word)} value={typed} change={setTyped} autoFocus />}
    </FormDialog>
  );
}
