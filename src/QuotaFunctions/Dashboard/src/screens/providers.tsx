import type { Schemas } from '../api/client';
import { Head, LiveMark, Section } from '../components/layout';
import { Badge } from '../components/shape';
import { Loaded } from '../components/states';
import { Table } from '../components/table';
import { hourBefore, milliseconds, number, percent } from '../format';
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
    <Table
      scrolls={words.title}
      rows={providers}
      idOf={({ name }) => name}
      columns={[
        { name: columns.name, kind: 'title', cell: ({ name }) => <span class="name">{name}</span> },
        {
          name: columns.credential,
          kind: 'end',
          cell: ({ takesCredential }) =>
            takesCredential === undefined ? (
              <Badge tone="off">{words.withoutCredential}</Badge>
            ) : takesCredential ? (
              <Badge tone="ok">{words.taken}</Badge>
            ) : (
              <Badge tone="exhausted">{words.refused}</Badge>
            ),
        },
        { name: columns.reach, kind: 'n', cell: ({ reach }) => reach && (reach.status === 'ok' ? milliseconds(reach.latency_ms) : <Badge tone="exhausted">{words.unreachable}</Badge>) },
        { name: columns.requests, kind: 'n', cell: ({ usage }) => number(usage?.requests ?? 0) },
        { name: columns.success, kind: 'n', cell: ({ usage }) => (usage && usage.success + usage.failed > 0 ? percent((usage.success / (usage.success + usage.failed)) * 100) : null) },
        { name: columns.p50, kind: 'n', cell: ({ usage }) => milliseconds(usage?.latency_p50_ms) },
        { name: columns.p95, kind: 'n', cell: ({ usage }) => milliseconds(usage?.latency_p95_ms) },
      ]}
    />
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
          <Table
            kind="narrow"
            rows={Object.entries(checks).filter(([name]) => !name.startsWith('provider:'))}
            idOf={([name]) => name}
            columns={[
              { name: text.value.common.name, kind: 'title', cell: ([name]) => <span class="name">{name}</span> },
              { name: text.value.common.status, kind: 'end', cell: ([, { status }]) => <Badge tone={status === 'ok' ? 'ok' : 'exhausted'}>{status === 'ok' ? words.ok : words.unavailable}</Badge> },
              { name: words.columns.reach, kind: 'n', cell: ([, { latency_ms: latency }]) => milliseconds(latency) },
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}
