import type { Schemas } from '../../api/client';
import type { Key } from '../../components/key-state';
import { dayBefore, relative, zone } from '../../format';
import { useLive } from '../../live';
import { api } from '../../session';
import { text } from '../../text';

/** The dates that are known, and when the key's quota ends at its rate of late, as the reports work it out. */
export function Forecast({ subject, dates }: { subject: Key; dates: string[] }) {
  const { key: words, common } = text.value;
  const query = { key: subject.id, from: dayBefore(6), to: dayBefore(-1), time_zone: zone() };
  const live = useLive(async (signal) => (await api.get('/manage/reports/{report}', { path: { report: 'current' }, query, signal })) as Schemas['QuotaReport'], [query], 60);
  const row = live.data?.keys.find(({ key }) => key === subject.id);
  const forecast = () => {
    if (!live.data || subject.remaining === 0) return [];
    if (!row || row.requests === 0) return [words.notUsed];
    if (row.runs_out_at) return [words.runsOut(relative(row.runs_out_at))];
    return [subject.resets_at ? words.lasts : words.lastsLong];
  };
  return <>{common.sentences([...dates, ...forecast()])}</>;
}
