import { choose, language, type Theme, theme } from '../preferences';
import { text } from '../text';

export function Brand() {
  return (
    <div class="brand">
      <svg class="mark" viewBox="0 0 18 18" aria-hidden="true">
        <path class="cup" d="M3 2v11a3 3 0 0 0 3 3h6a3 3 0 0 0 3-3V2" />
        <path class="level" d="M5 8h8v5a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1z" />
      </svg>
      QuotaFunctions
    </div>
  );
}

/** The page's language and theme. */
export function Choices() {
  const { common } = text.value;
  return (
    <span class="choices">
      <button type="button" class="link" lang={language.value === 'zh' ? 'en' : 'zh-CN'} onClick={() => choose('language', language.value === 'zh' ? 'en' : 'zh')}>
        {language.value === 'zh' ? 'English' : '中文'}
      </button>
      <select class="mini" aria-label={common.theme} value={theme.value} onChange={(event) => choose('theme', event.currentTarget.value as Theme)}>
        {Object.entries(common.themes).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </span>
  );
}
