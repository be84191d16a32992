// What the modules under test ask of a browser as they are loaded.
const storage = () => {
  const kept = new Map<string, string>();
  return { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => kept.set(name, value), removeItem: (name: string) => kept.delete(name) };
};

Object.defineProperties(globalThis, {
  navigator: { value: { language: 'en-GB', languages: ['en-GB', 'zh-CN'] }, configurable: true },
  localStorage: { value: storage() },
  sessionStorage: { value: storage() },
  document: { value: { documentElement: { dataset: {} } } },
  matchMedia: { value: () => ({ matches: false, addEventListener: () => {} }) },
});
