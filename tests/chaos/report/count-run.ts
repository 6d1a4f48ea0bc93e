import type { ChaosRun } from '../run/run-chaos.ts';

/** The counts of a run, with readable labels. */
export function countRun({ plan, history, queueLog, report }: ChaosRun): [what: string, count: number | string][] {
  const count = (type: string): number => history.facts.filter((fact) => fact.type === type).length;
  const deliveries = queueLog.jobs.flatMap((job) => job.deliveries);
  const stalled = deliveries.filter(({ end }) => end?.how === 'stalled').length;
  const ends = Map.groupBy(queueLog.jobs, ({ end }) => end?.how ?? 'unfinished');
  const faults = Map.groupBy(plan, ({ kind }) => kind);
  return [
    ['puts', count('put-sent')],
    ['  answered', count('put-answered')],
    ['  refused', count('put-refused')],
    ['  unknown, or never answered', count('put-sent') - count('put-answered') - count('put-refused')],
    ['jobs added', queueLog.jobs.length],
    ['  ended', [...ends].map(([how, jobs]) => `${jobs.length} ${how}`).join(', ')],
    ['deliveries', deliveries.length],
    ['  given back by a sweep', stalled],
    ['runs of handlers', count('delivered')],
    [
      'settles refused: lease lost',
      history.facts.filter((f) => f.type === 'reported' && f.outcome === 'lease-lost').length,
    ],
    ['cancels', count('cancel-sent')],
    ['orders', describeOrders(history.facts)],
    ['jobs replayed', queueLog.jobs.reduce((sum, { replays }) => sum + replays, 0)],
    ['processes that ended', count('killed')],
    ['faults', [...faults].map(([kind, all]) => `${all.length} ${kind}`).join(', ')],
    ['admissions', queueLog.admissions.length],
    ['  while others waited', queueLog.admissions.filter(({ ahead }) => ahead.length > 0).length],
    ['transactions of Redis, all checked', report.transactions],
    ['highest depth', report.highestDepth],
  ];
}

function describeOrders(facts: ChaosRun['history']['facts']): string {
  const orders = Map.groupBy(
    facts.flatMap((fact) => (fact.type === 'order-sent' ? [fact.order.replace(/^edit: .*/, 'edit of payload')] : [])),
    (order) => order,
  );
  return [...orders].map(([order, all]) => `${all.length} ${order}`).join(', ');
}
