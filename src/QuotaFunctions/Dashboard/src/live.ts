import { computed, signal } from '@preact/signals';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { OfflineError } from './api/client';

/** How many things that the page asks for have no answer yet. */
const waiting = signal(0);

/** True while some part of the page waits for its first answer. */
export const busy = computed(() => waiting.value > 0);

export interface Live<T> {
  /** The newest answer; undefined before the first. It stays while the next is asked for, and when that fails. */
  data: T | undefined;

  /** Why the last try failed. */
  error: Error | undefined;

  /** When the newest answer came. */
  at: Date | undefined;

  /** Asks again now. */
  reload: () => void;
}

/**
 * Asks for something, and again every few seconds while the page is seen.
 * @param load asks for it
 * @param inputs what it depends on: when one changes it is asked for at once, and what was there stays until the answer
 * @param seconds how often; 0 for once
 */
export function useLive<T>(load: (signal: AbortSignal) => Promise<T>, inputs: unknown[], seconds = 5): Live<T> {
  const [state, setState] = useState<{ data?: T; error?: Error; at?: Date }>({});
  const [turn, setTurn] = useState(0);
  const current = useRef(load);
  current.current = load;
  const key = JSON.stringify(inputs);

  useEffect(() => {
    const ending = new AbortController();
    let timer: number | undefined;

    const ask = async () => {
      clearTimeout(timer);
      timer = undefined;
      try {
        const data = await current.current(ending.signal);
        if (ending.signal.aborted) return;
        setState({ data, at: new Date() });
      } catch (error) {
        if (ending.signal.aborted) return;
        setState((before) => ({ ...before, error: error as Error }));
        if (!(error instanceof OfflineError) && seconds === 0) return;
      }

      if (seconds > 0 && !document.hidden) timer = window.setTimeout(ask, seconds * 1000);
    };

    const onVisible = () => {
      if (document.hidden) {
        clearTimeout(timer);
        timer = undefined;
      } else if (timer === undefined && seconds > 0) {
        void ask();
      }
    };

    void ask();
    document.addEventListener('visibilitychange', onVisible);
    addEventListener('online', ask);
    return () => {
      ending.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
      removeEventListener('online', ask);
    };
  }, [key, seconds, turn]);

  const isWaiting = state.data === undefined && state.error === undefined;
  useLayoutEffect(() => {
    if (!isWaiting) return undefined;
    waiting.value++;
    return () => {
      waiting.value--;
    };
  }, [isWaiting]);

  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { data: state.data, error: state.error, at: state.at, reload };
}
