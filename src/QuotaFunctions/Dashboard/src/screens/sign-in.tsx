import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, Client } from '../api/client';
import { Brand, Choices } from '../components/brand';
import { Input } from '../components/form';
import { Failed } from '../components/states';
import type { Session } from '../session';
import { text } from '../text';

interface SignInProps {
  session: Session;
  title: string;
  lead: string;
  label: string;
  hint: string;
  wrong: string;
  ended: string;

  /** Asks the service whether it takes what was typed in. */
  check: (client: Client) => Promise<unknown>;
  children: ComponentChildren;
}

/** One field, for a token or a key. It is kept once the service has taken it. */
export function SignIn({ session, title, lead, label, hint, wrong, ended, check, children }: SignInProps) {
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const { signIn } = text.value;
  const isRefused = error instanceof ApiError && error.status === 401;

  const submit = async () => {
    const credential = typed.trim();
    if (!credential || isBusy) return;
    setBusy(true);
    setError(undefined);
    try {
      await check(new Client(() => credential, () => {}));
      session.signIn(credential);
    } catch (failure) {
      setError(failure as Error);
      setBusy(false);
    }
  };

  return (
    <main class="door">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Brand />
        <h1>{title}</h1>
        <p class="dim">{lead}</p>
        {session.wasRefused.value && !error && (
          <p class="note-box attention" role="status">
            {ended}
          </p>
        )}
        <Input label={label} type="password" mono value={typed} change={setTyped} hint={hint} fault={isRefused ? wrong : undefined} autoFocus required />
        {error && !isRefused && <Failed error={error} />}
        <button type="submit" class="btn primary" disabled={isBusy || !typed.trim()}>
          {isBusy ? signIn.checking : signIn.submit}
        </button>
        <div class="door-foot small">
          {children}
          <Choices />
        </div>
      </form>
    </main>
  );
}
