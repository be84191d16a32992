import { Brand, Choices } from './components/brand';
import { number } from './format';
import { useLive } from './live';
import { route, to } from './route';
import { admin, api, me, seesAll } from './session';
import { text } from './text';

export type Place = 'overview' | 'keys' | 'pools' | 'log' | 'providers' | 'queues' | 'reports' | 'alerts' | 'retention' | 'audit' | 'more';

const daily: Place[] = ['overview', 'keys', 'pools', 'log'];

/** What belongs to the whole service: a token that is limited to a tenant may not see all of it. */
export const operation = (): Place[] => (seesAll() ? ['alerts', 'providers', 'queues', 'reports', 'retention', 'audit'] : ['reports']);

const isAt = (place: Place) => {
  const screen = route.value[0] ?? 'overview';
  return screen === place || (place === 'reports' && screen === 'subscriptions');
};

/** A desktop's navigation: every screen, and whose token it is. */
export function Navigation() {
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

/** One place, with how many things it holds. */
export function Item({ place, count, wantsAttention = false }: { place: Place; count?: number | undefined; wantsAttention?: boolean }) {
  return (
    <li>
      <a href={place === 'overview' ? to() : to(place)} aria-current={isAt(place) ? 'page' : undefined}>
        {text.value.nav[place]}
        {count !== undefined && <span class={`small ${wantsAttention ? 'c-attention' : 'faint'}`}>{number(count)}</span>}
      </a>
    </li>
  );
}

/** How many keys there are, and how many alerts are open. */
export function useCounts() {
  const keys = useLive((signal) => api.get('/manage/keys', { query: { limit: 1 }, signal }), [], 30);
  const alerts = useLive(async (signal) => (seesAll() ? (await api.get('/manage/alerts', { query: { limit: 100 }, signal })).alerts.length : 0), [], 15);
  return { keys: keys.data?.total, alerts: alerts.data };
}

/** A phone's navigation: the four places that are wanted daily; the last one leads to the others. */
export function TabBar() {
  const { nav, common } = text.value;
  const tabs: [Place, string][] = [
    ['overview', 'M3 9.5 10 4l7 5.5V16a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1z'],
    ['keys', 'M12.5 11a4 4 0 1 0-3.9-3.1L3 13.5V17h3.5v-2H9v-2.500l1.400-1.600'],
    ['log', 'M4 5h12M4 10h12M4 15h8'],
    ['more', 'M5 9.5a.5.5 0 1 1 0 1 .5.5 0 1 1 0-1M10 9.5a.5.5 0 1 1 0 1 .5.5 0 1 1 0-1M15 9.5a.5.5 0 1 1 0 1 .5.5 0 1 1 0-1'],
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
