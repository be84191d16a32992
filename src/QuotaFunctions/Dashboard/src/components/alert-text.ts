import type { Schemas } from '../api/client';
import { amount, exact, number, percent, relative } from '../format';
import { to } from '../route';
import { text } from '../text';
import type { Tone } from './shape';

export type Alert = Schemas['Alert'];

export const toneOf = (alert: Alert): Tone => (alert.status === 'resolved' ? 'ok' : alert.severity === 'critical' || alert.value >= 100 && alert.rule === 'quota_threshold' ? 'exhausted' : 'attention');

/** Whom or what an alert is about, and where that is shown. */
export function subjectOf(alert: Alert): { name: string; href: string | undefined; isKey: boolean } {
  const { alerts } = text.value;
  const name = alert.data.name ?? alert.subject;
  switch (alert.rule) {
    case 'credential_refused':
      return { name: alerts.provider(alert.subject), href: to('providers'), isKey: false };
    case 'queue_backlog':
    case 'queue_poison':
      return { name: alerts.queue(alert.subject), href: to('queues'), isKey: false };
    case 'report_overdue':
      return { name, href: to('subscriptions'), isKey: false };
    case 'failure_rate':
      return { name: alerts.wholeService, href: to('log'), isKey: false };
    default: {
      const isKey = alert.subject.startsWith('key_');
      return { name, href: isKey ? to('keys', alert.subject) : alert.subject.startsWith('pool_') ? to('pools') : undefined, isKey };
    }
  }
}

/** What an alert says, in the reader's language. An alert of a rule that this page does not know says what the service says. */
export function sayingOf(alert: Alert): string {
  const { common, alerts: { say } } = text.value;
  const { data } = alert;
  const numeric = (name: string) => number(Number(data[name] ?? 0));
  const quantity = (name: string) => amount(Number(data[name] ?? 0), data.unit);
  const refills = data.resets_at ? [say.refills(relative(data.resets_at))] : [];
  switch (alert.rule) {
    case 'quota_threshold':
      return common.sentences([alert.value >= 100 ? say.usedUp(quantity('limit')) : say.threshold(percent(alert.value), quantity('used'), quantity('limit')), ...refills]);
    case 'quota_forecast':
      return say.forecast(numeric('hours'), quantity('remaining'));
    case 'failure_rate':
      return say.failureRate(percent(Number(data.percent)), numeric('failed'), numeric('requests'));
    case 'credential_refused':
      return say.credential;
    case 'unusual_rate':
      return say.unusual(numeric('requests'), numeric('mean'));
    case 'queue_backlog':
      return say.backlog(numeric('length'), numeric('minutes'));
    case 'queue_poison':
      return say.poison(numeric('messages'));
    case 'job_overdue':
      return data.due_at ? say.job(exact(data.due_at)) : alert.text;
    case 'report_overdue':
      return say.report(data.days ?? '');
    case 'books_unbalanced':
      return say.books(numeric('units'));
    default:
      return (alert as Alert).text;
  }
}
