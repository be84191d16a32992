import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { ApiError } from './api/client';
import { Banner, OfflineBanner } from './components/banner';
import { Brand, Choices } from './components/brand';
import { Failed } from './components/states';
import { Toasts } from './components/toast';
import { busy } from './live';
import { Navigation, TabBar } from './navigation';
import { route } from './route';
import { AlertsScreen } from './screens/alerts';
import { AuditScreen } from './screens/audit';
import { KeyScreen } from './screens/key/key';
import { KeysScreen } from './screens/keys/keys';
import { LogScreen } from './screens/log';
import { MoreScreen } from './screens/more';
import { OverviewScreen } from './screens/overview';
import { PoolsScreen } from './screens/pools';
import { ProvidersScreen } from './screens/providers';
import { QueuesScreen } from './screens/queues';
import { ReportScreen } from './screens/reports/report';
import { ReportsScreen } from './screens/reports/reports';
import { SubscriptionsScreen } from './screens/reports/subscriptions';
import { RetentionScreen } from './screens/retention';
import { SignIn } from './screens/sign-in';
import { admin, api, mayChange, me } from './session';
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
          <main class="main" id="content" tabIndex={-1} aria-busy={busy} data-screen={route.value.join('/')}>
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
