import type { Violation } from '@sluice/testing/history';
import type { JobEntry, RunningLimit } from '@sluice/testing/queue-log';
import type { Evidence } from './evidence.ts';

/**
 * Limits: no transaction takes a job while as many run, of the queue or of its contract, as are allowed at that moment. A limit that is
 * lowered stops nobody.
 *
 * Kinds: `over-limit`, `over-limit-of-contract`.
 */
export function limitedAsOrdered({ queueLog: { jobs, limits } }: Evidence): Violation[] {
  const ofQueue = limits.filter(({ job }) => job === null);
  const ofContracts = Map.groupBy(jobs, ({ job }) => job);
  return [
    ...takesAbove(jobs, ofQueue, 'over-limit'),
    ...[...ofContracts].flatMap(([name, own]) => {
      return takesAbove(
        own,
        limits.filter(({ job }) => job === name),
        'over-limit-of-contract',
      );
    }),
  ];
}

function takesAbove(jobs: readonly JobEntry[], limits: readonly RunningLimit[], kind: string): Violation[] {
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
    return [{ kind, id: taken.id, message, evidence: [] }];
  });
}
