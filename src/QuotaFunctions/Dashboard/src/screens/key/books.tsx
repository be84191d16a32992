import { useState } from 'preact/hooks';
import { Section, Sums } from '../../components/layout';
import { Badge } from '../../components/shape';
import { Loaded } from '../../components/states';
import { amount } from '../../format';
import { useLive } from '../../live';
import { api } from '../../session';
import { text } from '../../text';

/** The sums of the key's books, which anyone can add up again. */
export function Books({ id, unit }: { id: string; unit: string }) {
  const [isDeep, setDeep] = useState(false);
  const live = useLive((signal) => api.get('/manage/keys/{key}/verify', { path: { key: id }, query: { deep: isDeep || undefined }, signal }), [id, isDeep], 0);
  const { key: words } = text.value;
  return (
    <Section
      title={words.verify}
      aside={
        <>
          <label class="tick small">
            <input type="checkbox" checked={isDeep} onChange={(event) => setDeep(event.currentTarget.checked)} />
            {words.verifyDeep}
          </label>
          <button type="button" class="btn sm" onClick={live.reload}>
            {words.verifyNow}
          </button>
        </>
      }
    >
      <Loaded live={live}>
        {({ balanced, used, ledger, audited, unsettled }) => (
          <>
            <Sums
              rows={[
                [words.sums.used, amount(used, unit)],
                [words.sums.ledger, amount(ledger, unit)],
                [words.sums.audited, amount(audited, unit)],
                [words.sums.unsettled, amount(unsettled, unit)],
              ]}
            />
            <p class="after">
              <Badge tone={balanced ? 'ok' : 'exhausted'}>{balanced ? words.balanced : words.unbalanced}</Badge>
            </p>
          </>
        )}
      </Loaded>
    </Section>
  );
}
