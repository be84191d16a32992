import { computed, effect, signal } from '@preact/signals';

export type Language = 'en' | 'zh';
export type Theme = 'auto' | 'light' | 'dark';

/** The language of the page: the reader's choice, else the browser's. */
export const language = signal<Language>(stored('language', ['en', 'zh']) ?? (navigator.language.startsWith('zh') ? 'zh' : 'en'));

/** Light or dark: the reader's choice, else the system's. */
export const theme = signal<Theme>(stored('theme', ['auto', 'light', 'dark']) ?? 'auto');

effect(() => {
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
});

effect(() => {
  if (theme.value === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});

export function choose(name: 'language', value: Language): void;
export function choose(name: 'theme', value: Theme): void;
export function choose(name: 'language' | 'theme', value: string): void {
  localStorage.setItem(`quota-functions.${name}`, value);
  if (name === 'language') language.value = value as Language;
  else theme.value = value as Theme;
}

function stored<T extends string>(name: string, known: T[]): T | undefined {
  return known.find((value) => value === localStorage.getItem(`quota-functions.${name}`));
}

const system = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(system.matches);
system.addEventListener('change', (event) => {
  systemIsDark.value = event.matches;
});

/** True while the page is dark. */
export const dark = computed(() => (theme.value === 'auto' ? systemIsDark.value : theme.value === 'dark'));
