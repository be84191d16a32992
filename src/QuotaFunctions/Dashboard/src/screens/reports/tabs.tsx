import { to } from '../../route';
import { seesAll } from '../../session';
import { text } from '../../text';

/** Reports, and who gets them by mail. */
export function ReportTabs({ at }: { at: 'reports' | 'subscriptions' }) {
  const { reports } = text.value;
  if (!seesAll()) return null;
  return (
    <nav class="tabs" aria-label={reports.title}>
      {(['reports', 'subscriptions'] as const).map((tab) => (
        <a key={tab} href={to(tab)} aria-current={tab === at ? 'page' : undefined}>
          {reports.tabs[tab]}
        </a>
      ))}
    </nav>
  );
}
