import { useEffect, useState } from 'preact/hooks';
import type { Schemas } from '../../api/client';
import { OfflineBanner } from '../../components/banner';
import { Brand, Choices } from '../../components/brand';
import { LiveMark, Section } from '../../components/layout';
import { LogTable } from '../../components/log-table';
import { Code } from '../../components/secret';
import { Meter, type Tone } from '../../components/shape';
import { Loaded } from '../../components/states';
import { Time } from '../../components/time';
import { UsageSection } from '../../components/usage-section';
import { amount, number, percent, usedShare } from '../../format';
import { busy, useLive } from '../../live';
import { holder } from '../../session';
import { text } from '../../text';
import { SignIn } from '../sign-in';
import { snippetsFor } from './snippets';

const api = holder.client;

/** The page of a key's holder. */
export function HolderApp() {
  const { me } = text.value;
  useEffect(() => {
    document.title = `${me.title} · QuotaFunctions`;
  }, [me]);
  if (holder.credential.value === undefined) {
    return (
      <SignIn session={holder} title={me.title} lead={me.signInLead} label={me.key} hint={me.hint} wrong={me.wrong} ended={me.ended} check={(client) => client.get('/quota')}>
        <a href="/dashboard">{me.operator}</a>
      </SignIn>
    );
  }

  return <HolderPage />;
}

function HolderPage() {
  const live = useLive((signal) => api.get('/quota', { signal }), [], 3);
  const { me, common } = text.value;
  return (
    <>
      <OfflineBanner />
      <main class="solo" aria-busy={busy}>
        <div class="top">
          <Brand />
          <span class="push">
            <Choices />
            <button type="button" class="link" onClick={() => holder.signOut()}>
              {common.signOut}
            </button>
          </span>
        </div>
        <h1 class="visually-hidden">{me.title}</h1>
        <Loaded live={live} rows={6}>
          {(quota) => (
            <>
              <Remaining quota={quota} at={live.at} />
              <UsageSection load={(query, signal) => api.get('/quota/usage', { query, signal })} id="me" unit={quota.unit} />
              <HolderLog />
            </>
          )}
        </Loaded>
        <Snippets />
      </main>
    </>
  );
}

/** The big number, and when it changes. */
function Remaining({ quota, at }: { quota: Schemas['Quota']; at: Date | undefined }) {
  const { me } = text.value;
  const { total_quota: total, remaining_quota: remaining, consumed_quota: used, held_quota: held, unit } = quota;
  const share = usedShare(used, total);
  const tone: Tone = remaining !== null && remaining <= 0 ? 'exhausted' : (share ?? 0) >= 90 ? 'attention' : 'ok';
  return (
    <>
      <div class="left">
        {total === null ? (
          <span class="num">{me.unlimited}</span>
        ) : (
          <>
            <span class="num" data-left>
              {amount(remaining, unit)}
            </span>
            <span class="dim">{me.ofTotal(amount(total, unit))}</span>
          </>
        )}
        <span class="push">
          <LiveMark at={at} />
        </span>
      </div>
      {tone === 'exhausted' && <p class="c-exhausted">{me.usedUp}</p>}
      {total !== null && (
        <div class="tall-meter">
          <Meter used={used} held={held} quota={total} tone={tone} label={percent(share)} />
        </div>
      )}
      <dl class="facts">
        <div>
          <dt>{me.used}</dt>
          <dd>
            {amount(used, unit)}
            {held > 0 && <span class="small faint">{me.held(amount(held, unit))}</span>}
          </dd>
        </div>
        <div>
          <dt>{me.refills}</dt>
          <dd>{quota.resets_at ? <Time at={quota.resets_at} /> : me.never}</dd>
        </div>
        <div>
          <dt>{me.expires}</dt>
          <dd>{quota.expires_at ? <Time at={quota.expires_at} /> : me.never}</dd>
        </div>
        <div>
          <dt>{me.rate}</dt>
          <dd>
            {quota.rate_limit_per_minute === null ? text.value.common.unlimited : number(quota.rate_limit_per_minute)}
            {quota.rate_remaining !== null && <span class="small faint">{me.rateLeft(number(quota.rate_remaining))}</span>}
          </dd>
        </div>
      </dl>
    </>
  );
}

function HolderLog() {
  const live = useLive((signal) => api.get('/quota/logs', { query: { page_size: 20 }, signal }), [], 3);
  const { me, log } = text.value;
  return (
    <Section title={me.log} aside={<span class="small faint">{text.value.key.liveLog}</span>}>
      <Loaded live={live}>{({ logs }) => (logs.length === 0 ? <p class="dim">{log.none}</p> : <LogTable rows={logs} />)}</Loaded>
    </Section>
  );
}

function Snippets() {
  const { me } = text.value;
  const snippets = snippetsFor(location.origin, me.place);
  const [shown, setShown] = useState('curl');
  const { code } = snippets.find(({ name }) => name === shown)!;
  return (
    <Section title={me.snippets}>
      <div class="tabs" role="tablist" aria-label={me.snippets}>
        {snippets.map(({ name }) => (
          <button key={name} type="button" role="tab" id={`tab-${name}`} aria-controls="snippet" aria-selected={name === shown} onClick={() => setShown(name)}>
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="snippet" aria-labelledby={`tab-${shown}`}>
        <Code value={code}>
          {code.split(me.place).flatMap((part, index) => (index === 0 ? [part] : [<mark key={index}>{me.place}</mark>, part]))}
        </Code>
        <p class="small faint after">{me.snippetsSay}</p>
      </div>
    </Section>
  );
}
