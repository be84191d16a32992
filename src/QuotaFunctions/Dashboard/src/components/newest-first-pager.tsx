import { text } from '../text';

interface Props {
  /** Where the pages after the newest begin, as far as one has gone. */
  cursors: string[];
  /** Where the next older page begins; undefined on the last one. */
  next: string | undefined;
  go: (cursors: string[]) => void;
}

/** Leads to the newest page of a list and to older ones. */
export function NewestFirstPager({ cursors, next, go }: Props) {
  const { log } = text.value;
  return (
    <div class="pager">
      <span class="push">
        <button type="button" class="btn sm" disabled={cursors.length === 0} onClick={() => go([])}>
          {log.newest}
        </button>
        <button type="button" class="btn sm" disabled={next === undefined} onClick={() => go([...cursors, next ?? ''])}>
          {log.older}
        </button>
      </span>
    </div>
  );
}
