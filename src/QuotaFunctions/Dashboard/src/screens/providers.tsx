import type { Schemas } from '../api/client';
import { Head, LiveMark, Section } from '../components/layout';
import { Badge } from '../components/shape';
import { Loaded } from '../components/states';
import { hourBefore, milliseconds, none, number, percent } from '../format';
import { useLive } from '../live';
import { api } from '../session';
import { text } from '../text';

interface Provider {
  name: string;

  /** Whether it takes our credential; undefined where it is sent none. */
  takesCredential: boolean | undefined;
  reach: Schemas['Dependency'] | undefined;
  usage: Schemas['UsageItem'] | undefined;
}

/** Every provider: its credential, how it can be reached, and its calls of the last 24 hours. */
export function useProviders() {
  return useLive(async (signal): Promise<Provider[]> => {
    const [health, checks, { usage }] = await Promise.all([
      api.get('/health', { signal }),
      api.get('/manage/health', { signal }),
      api.get('/manage/usage', { query: { from: hourBefore(23), group_by: 'provider' }, signal }),
    ]);
    return health.providers.map((name) => ({
      name,
      takesCredential: health.credentials?.[name],
      reach: checks.checks[`provider:${name}`],
      usage: usage.find(({ provider }) => provider === name),
    }));
  }, [], 15);
}

export function ProvidersScreen() {
  const live = useProviders();
  const { providers: words } = text.value;
  return (
    <>
      <Head title={words.title}>
        <LiveMark at={live.at} />
      </Head>
      <Loaded live={live} rows={5}>
        {(providers) => (
          <>
            <p class="verdict">{words.verdict(providers.filter(({ takesCredential }) => takesCredential === false).length)}</p>
            <p>{providers.length === 0 ? words.none : words.lead}</p>
            <div class="after">
              <ProvidersTable providers={providers} />
            </div>
          </>
        )}
      </Loaded>
      <Dependencies />
    </>
  );
}

export function ProvidersTable({ providers }: { providers: Provider[] }) {
  const { providers: words } = text.value;
  const { columns } = words;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={words.title}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{columns.name}</th>
            <th scope="col">{columns.credential}</th>
            {[columns.reach, columns.requests, columns.success, columns.p50, columns.p95].map((name) => (
              <th key={name} scope="col" class="n">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {providers.map(({ name, takesCredential, reach, usage }) => (
            <tr key={name}>
              <td class="name">{name}</td>
              <td>
                {takesCredential === undefined ? (
                  <Badge tone="off">{words.withoutCredential}</Badge>
                ) : takesCredential ? (
                  <Badge tone="ok">{words.taken}</Badge>
                ) : (
                  <Badge tone="exhausted">{words.refused}</Badge>
                )}
              </td>
              <td class="n">{reach === undefined ? none : reach.status === 'ok' ? milliseconds(reach.latency_ms) : <Badge tone="exhausted">{words.unreachable}</Badge>}</td>
              <td class="n">{number(usage?.requests ?? 0)}</td>
              <td class="n">{usage && usage.success + usage.failed > 0 ? percent((usage.success / (usage.success + usage.failed)) * 100) : none}</td>
              <td class="n">{milliseconds(usage?.latency_p50_ms)}</td>
              <td class="n">{milliseconds(usage?.latency_p95_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Storage and the like, with how long each took to answer. */
function Dependencies() {
  const live = useLive((signal) => api.get('/manage/health', { signal }), [], 15);
  const { providers: words } = text.value;
  return (
    <Section title={words.dependencies}>
      <Loaded live={live} rows={2}>
        {({ checks }) => (
          <table class="table narrow">
            <tbody>
              {Object.entries(checks)
                .filter(([name]) => !name.startsWith('provider:'))
                .map(([name, { status, latency_ms: latency }]) => (
                  <tr key={name}>
                    <td class="name">{name}</td>
                    <td>
                      <Badge tone={status === 'ok' ? 'ok' : 'exhausted'}>{status === 'ok' ? words.ok : words.unavailable}</Badge>
                    </td>
                    <td class="n">{milliseconds(latency)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        )}
      </Loaded>
    </Section>
  );
}
