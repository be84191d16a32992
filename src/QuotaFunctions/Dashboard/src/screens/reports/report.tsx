import type { Schemas } from '../../api/client';
import { Chart } from '../../components/chart';
import { stateOf } from '../../components/key-state';
import { Figures, Head, Section } from '../../components/layout';
import { saveFile } from '../../components/save-file';
import { Meter, Shape } from '../../components/shape';
import { Bones, Failed, Loaded } from '../../components/states';
import { Table } from '../../components/table';
import { amount, clock, date, number, percent, relative, weekday } from '../../format';
import { useLive } from '../../live';
import { to } from '../../route';
import { api } from '../../session';
import { text } from '../../text';

type Report = Schemas['QuotaReport'];

const mostShown = 50;

/** One report that is kept, as it was made. */
export function ReportScreen({ id }: { id: string }) {
  const live = useLive((signal) => api.get('/manage/reports/{report}', { path: { report: id }, signal }), [id], 3);
  const { reports: words } = text.value;
  const answer = live.data;
  const crumb = <a href={to('reports')}>{words.title}</a>;
  if (!answer || !('status' in answer)) {
    return <Loaded live={live} rows={8}>{(report) => <Made report={report as Report} id={id} />}</Loaded>;
  }

  return (
    <>
      <Head title={words.kinds[answer.period]!} crumb={crumb} />
      {answer.status === 'failed' ? (
        <Failed error={new Error(words.failedBecause(answer.reason ?? ''))} />
      ) : (
        <>
          <p class="lead">{words.pending}</p>
          <Bones rows={6} />
        </>
      )}
    </>
  );
}

function Made({ report, id }: { report: Report; id: string }) {
  const { reports: words, overview, common } = text.value;
  const { total, total_before: before, period } = report;
  const timeZone = report.time_zone;
  const days = [...new Set([date(period.from, timeZone), date(new Date(Date.parse(period.to) - 1), timeZone)])].join(' – ');
  const isHourly = report.series.length > 1 && Date.parse(report.series[1]!.from) - Date.parse(report.series[0]!.from) < 86_400_000;
  return (
    <>
      <Head title={days} crumb={<a href={to('reports')}>{words.title}</a>}>
        {(['html', 'text', 'csv'] as const).map((format) => (
          <button key={format} type="button" class="btn sm" onClick={async () => saveFile(`report.${format === 'text' ? 'txt' : format}`, await api.file(`/manage/reports/${encodeURIComponent(id)}?format=${format}`))}>
            {format.toUpperCase()}
          </button>
        ))}
      </Head>
      <p class="verdict">{total.requests === 0 ? words.noRequests : words.sentence(number(total.requests), percent(total.success_rate))}</p>
      <p>
        {report.key ?? report.tenant ?? words.wholeService} · {timeZone} · {words.generated(relative(report.generated_at))}
      </p>
      <Figures
        figures={[
          { name: overview.requests, value: number(total.requests), note: words.before(number(before.requests)) },
          { name: overview.succeeded, value: percent(total.success_rate), note: words.before(percent(before.success_rate)) },
          { name: overview.refused, value: number(total.refused), note: words.before(number(before.refused)) },
          { name: words.tokens, value: number(total.tokens_in + total.tokens_out), note: words.before(number(before.tokens_in + before.tokens_out)) },
          { name: overview.activeKeys, value: number(report.active_keys), note: overview.ofAll(number(report.key_count)) },
        ]}
      />
      <Section title={isHourly ? overview.perHour : overview.perDay}>
        <Chart
          title={overview.perDay}
          kind="bars"
          labels={report.series.map(({ from }) => ({
            short: isHourly ? clock(from, timeZone) : weekday(from, timeZone),
            exact: isHourly ? `${date(from, timeZone)} ${clock(from, timeZone)}` : date(from, timeZone),
          }))}
          series={[
            { name: overview.succeededBars, ink: 'data', values: report.series.map((point) => point.success + point.unknown) },
            { name: overview.failedBars, ink: 'exhausted', values: report.series.map((point) => point.failed) },
          ]}
          format={number}
        />
      </Section>
      <Section title={words.anomalies}>
        {report.anomalies.length === 0 ? (
          <p class="dim">{words.noAnomalies}</p>
        ) : (
          <ul class="todo">
            {report.anomalies.map((anomaly) => (
              <li key={anomaly.kind}>
                <Shape tone={anomaly.kind === 'quota_exhausted' ? 'exhausted' : 'attention'} />
                <span class="say wide">
                  {words.anomaly[anomaly.kind]!(number(anomaly.count), percent(anomaly.percent))}{' '}
                  <span class="dim">{anomaly.keys.map(({ name, key }) => name ?? key).join(', ')}</span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </Section>
      {report.units.length > 0 && (
        <Section title={words.remaining}>
          <ul class="inline">
            {report.units.map(({ unit, remaining }) => (
              <li key={unit}>
                <span class="strong">{amount(remaining, unit)}</span> {unit === 'requests' && common.units.requests}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Keys report={report} />
      <Models report={report} />
    </>
  );
}

function Keys({ report }: { report: Report }) {
  const { reports: words, keys, overview } = text.value;
  const used = report.keys.toSorted((one, other) => other.requests - one.requests).slice(0, mostShown);
  return (
    <Section title={words.keys}>
      <Table
        rows={used}
        idOf={({ key }) => key}
        columns={[
          {
            name: keys.columns.name,
            kind: 'title',
            cell: ({ key, name }) => (
              <a class="name" href={to('keys', key)}>
                {name ?? key}
              </a>
            ),
          },
          { name: keys.columns.tenant, cell: ({ tenant }) => tenant },
          { name: overview.requests, kind: 'n', cell: ({ requests }) => number(requests) },
          { name: overview.failedBars, kind: 'n', cell: ({ failed }) => number(failed) },
          {
            name: keys.columns.used,
            kind: 'quota',
            cell: ({ limit, remaining, usage_rate: rate }) => {
              const spent = (limit ?? 0) - (remaining ?? 0);
              return <Meter used={spent} quota={limit} tone={stateOf({ status: 'active', used: spent, quota: limit, remaining }).tone} label={percent(rate)} />;
            },
          },
          { name: keys.columns.left, kind: 'n', cell: ({ remaining, unit }) => amount(remaining, unit) },
        ]}
      />
    </Section>
  );
}

function Models({ report }: { report: Report }) {
  const { reports: words, log, overview, key } = text.value;
  if (report.models.length === 0) return null;
  return (
    <Section title={words.models}>
      <Table
        rows={report.models}
        idOf={({ model }) => model ?? ''}
        columns={[
          { name: log.columns.model, kind: 'title', cell: ({ model }) => model ?? <span class="faint">{key.other}</span> },
          { name: overview.requests, kind: 'n', cell: ({ requests }) => number(requests) },
          { name: overview.failedBars, kind: 'n', cell: ({ failed }) => number(failed) },
          { name: log.columns.tokens, kind: 'n', cell: (model) => `${number(model.tokens_in)}, ${number(model.tokens_out)}` },
        ]}
      />
    </Section>
  );
}
