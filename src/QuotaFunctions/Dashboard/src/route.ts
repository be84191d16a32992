import { signal } from '@preact/signals';

/** The screen's place: the parts after the #, such as ["keys", "key_1"] of #/keys/key_1. */
export const route = signal(read());

addEventListener('hashchange', () => {
  route.value = read();
  scrollTo(0, 0);
  // The link that was followed may be gone; a screen reader goes on with the new screen
  document.getElementById('content')?.focus({ preventScroll: true });
});

/** The address of a screen. */
export const to = (...parts: string[]) => `#/${parts.map(encodeURIComponent).join('/')}`;

/** Goes to a screen. */
export const go = (...parts: string[]) => {
  location.hash = to(...parts);
};

function read(): string[] {
  return location.hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decode);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
