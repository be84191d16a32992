import { Item, operation, useCounts } from '../navigation';
import { admin, me } from '../session';
import { text } from '../text';

/** The screens that a phone's navigation has no room for. */
export function MoreScreen() {
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
        {me.value?.name} · {me.value?.read_only ? signIn.readOnly : signIn.full}
      </p>
      <button type="button" class="btn after" onClick={() => admin.signOut()}>
        {common.signOut}
      </button>
    </>
  );
}
