import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { ApiError } from './api/client';
import { Banner, OfflineBanner } from './components/banner';
import { Brand, Choices } from './components/brand';
import { Failed } from './components/states';
import { Toasts } from './components/toast';
import { number } from './format';
import { useLive } from './live';
import { route, to } from './route';
import { AlertsScreen } from './screens/alerts';
import { AuditScreen } from './screens/audit';
import { KeyScreen } from './screens/key/key';
import { KeysScreen } from './screens/keys/keys';
import { LogScreen } from './screens/log';
import { OverviewScreen } from './screens/overview';
import { PoolsScreen } from './screens/pools';
import { ProvidersScreen } from './screens/providers';
import { QueuesScreen } from './screens/queues';
import { ReportScreen } from './screens/reports/report';
import { ReportsScreen } from './screens/reports/reports';
import { SubscriptionsScreen } from './screens/reports/subscriptions';
import { RetentionScreen } from './screens/retention';
import { SignIn } from './screens/sign-in';
import { admin, api, me, mayChange, seesAll } from './session';
import { text } from './text';

/** The operators' page. */
export function App() {
  const { signIn } = text.value;
  const credential = admin.credential.value;
  const [error, setError] = useState<Error>();

  useEffect(() => {
    me.value = undefined;
    setError(undefined);
    if (credential === undefined) return;
    api.get('/manage/me').then(
      (whose) => {
        me.value = whose;
      },
      (failure: Error) => {
        if (!(failure instanceof ApiError && failure.status === 401)) setError(failure);
      },
    );
  }, [credential]);

  useEffect(() => {
    if (credential === undefined) document.title = `${signIn.title} · QuotaFunctions`;
  }, [credential, signIn]);

  if (credential === undefined) {
    return (
      <SignIn session={admin} title={signIn.title} lead={signIn.lead} label={signIn.token} hint={signIn.hint} wrong={signIn.wrong} ended={signIn.ended} check={(client) => client.get('/manage/me')}>
        <a href="/dashboard/me">{signIn.holder}</a>
      </SignIn>
    );
  }

  if (me.value) return <Frame />;
  return error ? (
    <main class="door">
      <Failed error={error} retry={() => location.reload()} />
    </main>
  ) : null;
}

function Frame() {
  const { common } = text.value;
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>
        {common.skip}
      </a>
      <div class="frame">
        <Navigation />
        <header class="phonebar">
          <Brand />
          <span class="push">
            <Choices />
          </span>
        </header>
        <div class="content">
          <OfflineBanner />
          {!mayChange() && <Banner>{common.readOnly}</Banner>}
          {me.value?.tenant && <Banner>{common.tenantOnly(me.value.tenant)}</Banner>}
          <main class="main" id="content" tabIndex={-1}>
            <Screen key={route.value.join('/')} />
          </main>
        </div>
        <TabBar />
      </div>
      <Toasts />
    </>
  );
}

/** The focus goes to the content; the address, which says which screen it is, stays. */
function skip(event: Event) {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

function Screen() {
  const [error, retry] = useErrorBoundary();
  const [screen, id] = route.value;
  if (error) return <Failed error={error as Error} retry={retry} />;
  switch (screen) {
    case 'keys':
      return id ? <KeyScreen id={id} /> : <KeysScreen />;
    case 'pools':
      return <PoolsScreen />;
    case 'log':
      return <LogScreen />;
    case 'providers':
      return <ProvidersScreen />;
    case 'queues':
      return <QueuesScreen />;
    case 'reports':
      return id ? <ReportScreen id={id} /> : <ReportsScreen />;
    case 'subscriptions':
      return <SubscriptionsScreen />;
    case 'alerts':
      return <AlertsScreen />;
    case 'retention':
      return <RetentionScreen />;
    case 'audit':
      return <AuditScreen />;
    case 'more':
      return <MoreScreen />;
    default:
      return <OverviewScreen />;
  }
}

type Place = 'overview' | 'keys' | 'pools' | 'log' | 'providers' | 'queues' | 'reports' | 'alerts' | 'retention' | 'audit' | 'more';

const daily: Place[] = ['overview', 'keys', 'pools', 'log'];

/** What belongs to the whole service: a token that is limited to a tenant may not see all of it. */
const operation = (): Place[] => (seesAll() ? ['alerts', 'providers', 'queues', 'reports', 'retention', 'audit'] : ['reports']);

const isAt = (place: Place) => {
  const screen = route.value[0] ?? 'overview';
  return screen === place || (place === 'reports' && screen === 'subscriptions');
};

function Navigation() {
  const { nav, common, signIn } = text.value;
  const counts = useCounts();
  return (
    <nav class="nav" aria-label={common.navigation}>
      <Brand />
      <ul>
        {daily.map((place) => (
          <Item key={place} place={place} count={place === 'keys' ? counts.keys : undefined} />
        ))}
      </ul>
      <div>
        <h2>{nav.operation}</h2>
        <ul>
          {operation().map((place) => (
            <Item key={place} place={place} count={place === 'alerts' && counts.alerts ? counts.alerts : undefined} wantsAttention />
          ))}
        </ul>
      </div>
      <div class="foot">
        <div class="row small">
          <span class="strong">{me.value?.name}</span>
          <span class="faint">{me.value?.read_only ? signIn.readOnly : signIn.full}</span>
        </div>
        <div class="row small">
          <button type="button" class="link" onClick={() => admin.signOut()}>
            {common.signOut}
          </button>
          <Choices />
        </div>
      </div>
    </nav>
  );
}

function Item({ place, count, wantsAttention = false }: { place: Place; count?: number | undefined; wantsAttention?: boolean }) {
  return (
    <li>
      <a href={place === 'overview' ? to() : to(place)} aria-current={isAt(place) ? 'page' : undefined}>
        {text.value.nav[place]}
        {count !== undefined && <span class={`small ${wantsAttention ? 'c-attention' : 'faint'}`}>{number(count)}</span>}
      </a>
    </li>
  );
}

function useCounts() {
  const keys = useLive((signal) => api.get('/manage/keys', { query: { limit: 1 }, signal }), [], 30);
  const alerts = useLive(async (signal) => (seesAll() ? (await api.get('/manage/alerts', { query: { limit: 100 }, signal })).alerts.length : 0), [], 15);
  return { keys: keys.data?.total, alerts: alerts.data };
}

/** A phone's navigation: the four places that are wanted daily; the last one leads to the others. */
function TabBar() {
  const { nav, common } = text.value;
  const tabs: [Place, string][] = [
    ['overview', 'M3 9.5 10 4l7 5.5V16a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1z'],
    ['keys', 'M12.5 11a4 4 0 1 0-3.9-3.1L3 13.5V17h3.5v-2H9v-2.500l1.400-1.600'],
    ['log', 'M4 5h12M4 10h12M4 15h8'],
    ['more', 'M5 10h.01M10 10h.01M15 10h.01'],
  ];
  const isElsewhere = !tabs.some(([place]) => isAt(place));
  return (
    <nav class="tabbar" aria-label={common.navigation}>
      {tabs.map(([place, drawing]) => (
        <a key={place} href={place === 'overview' ? to() : to(place)} aria-current={isAt(place) || (place === 'more' && isElsewhere) ? 'page' : undefined}>
          <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
            <path d={drawing} />
          </svg>
          {nav[place]}
        </a>
      ))}
    </nav>
  );
}

/** The screens that a phone's navigation has no room for. */
function MoreScreen() {
  const { nav, common, signIn } = text.value;
  const counts = useCounts();
  return (
    <>
      <h1>{nav.more}</h1>
      <ul class="places">
        {(['pools', ...operation()] as const).map((place) => (
          <Item key={place} place={place} count={place === 'alerts' && counts.alerts ? counts.alerts : undefined} wantsAttention />
        ))}
      </ul>
      <p class="after dim">
        {me.value?.name}, {me.value?.read_only ? signIn.readOnly : signIn.full}
      </p>
      <button type="button" class="btn" onClick={() => admin.signOut()}>
        {common.signOut}
      </button>
    </>
  );
}
