import { date, exact, relative } from '../format';

/** A moment: relative, and the exact one with its zone on hover. */
export function Time({ at, as = relative }: { at: string; as?: (at: string) => string }) {
  return (
    <time dateTime={at} title={exact(at)}>
      {as(at)}
    </time>
  );
}

/** A day, and the exact moment on hover. */
export const Day = ({ at }: { at: string }) => <Time at={at} as={(moment) => date(moment)} />;
