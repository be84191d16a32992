import type { ComponentChildren } from 'preact';
import { ApiError, OfflineError } from '../api/client';
import type { Live } from '../live';
import { text } from '../text';

/** Grey bars where figures will be: something loads. */
export function Bones({ rows = 4 }: { rows?: number }) {
  return (
    <div class="bones" role="status" aria-label={text.value.common.loading}>
      {Array.from({ length: rows }, (_, row) => (
        <svg key={row} viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">
          <rect class="bone" y="6" width={[92, 74, 84, 66][row % 4]} height="8" />
        </svg>
      ))}
    </div>
  );
}

/** Why something failed, and the request's id, by which the service's log is searched. */
export function Failed({ error, retry }: { error: Error; retry?: () => void }) {
  const { common } = text.value;
  const problem = error instanceof ApiError ? error : undefined;
  const says = error instanceof OfflineError ? common.offline : problem?.status === 404 ? common.notFound : error.message || common.failed;
  return (
    <div class="note-box exhausted" role="alert">
      <div>
        <p>{says}</p>
        {problem?.requestId && (
          <p class="small faint">
            {common.requestId} <span class="mono">{problem.requestId}</span>
          </p>
        )}
      </div>
      {retry && (
        <button type="button" class="btn sm push" onClick={retry}>
          {common.tryAgain}
        </button>
      )}
    </div>
  );
}

/** Something that is asked for: bones before the first answer, the answer, or why there is none. */
export function Loaded<T>({ live, rows, children }: { live: Live<T>; rows?: number; children: (data: T) => ComponentChildren }) {
  if (live.data !== undefined) return <>{children(live.data)}</>;
  return live.error ? <Failed error={live.error} retry={live.reload} /> : <Bones rows={rows} />;
}

/** Nothing is there yet: what to do first. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
