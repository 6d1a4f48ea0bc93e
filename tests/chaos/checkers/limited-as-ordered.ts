import type { Violation } from '@sluice/testing/history';
import type { Evidence } from './evidence.ts';

/**
 * Limits: no transaction takes a job while as many run as the queue's limit allows at that moment. One that is lowered stops nobody.
 *
 * Kind: `over-limit`.
 */
export function limitedAsOrdered({ queueLog: { jobs, limits } }: Evidence): Violation[] {
  const changes = jobs.flatMap(({ id, deliveries, end: jobEnd }) =>
    deliveries.flatMap(({ takenIn, end: deliveryEnd }) => {
      const end = deliveryEnd ?? jobEnd; // one that is removed while it runs, as an iteration of a paused schedule
      return [{ in: takenIn, running: 1, id }, ...(end ? [{ in: end.in, running: -1, id }] : [])];
    }),
  );
  const byTransaction = [...Map.groupBy(changes, (change) => change.in)].toSorted(([a], [b]) => a - b);
  let running = 0;
  return byTransaction.flatMap(([index, all]) => {
    const taken = all.find((change) => change.running > 0);
    running += all.reduce((sum, change) => sum + change.running, 0);
    const most = limits.findLast((limit) => limit.in <= index)?.running ?? null;
    if (!taken || most === null || running <= most) return [];
    const message = `transaction ${index} took job ${taken.id}, so that ${running} ran of ${most} allowed`;
    return [{ kind: 'over-limit', id: taken.id, message, evidence: [] }];
  });
}
