import type { Violation } from '@sluice/testing/history';
import type { DeliveryEntry } from '@sluice/testing/queue-log';
import { type Evidence, factsOf } from './evidence.ts';

/**
 * A cancel of a job that runs: one that is confirmed has ended the delivery, and no delivery ends as cancelled without an order.
 *
 * Kinds: `aborted-and-not`, `aborted-unasked`.
 */
export function cancelledAsOrdered(evidence: Evidence): Violation[] {
  const sent = Map.groupBy(factsOf(evidence, 'cancel-sent'), ({ id }) => id);
  const confirmed = factsOf(evidence, 'cancel-answered').filter(({ answer }) => answer === 'aborted');
  const deliveries = Map.groupBy(
    evidence.queueLog.jobs.flatMap((job) => job.deliveries.map((delivery) => ({ id: job.id, delivery }))),
    ({ id }) => id,
  );
  const aborted = (id: string): number =>
    (deliveries.get(id) ?? []).filter(({ delivery }) => isCancelled(delivery)).length;
  const missing = [...Map.groupBy(confirmed, ({ id }) => id)].flatMap(([id, facts]) => {
    // Two cancels may be confirmed by one end.
    if (aborted(id) > 0) return [];
    return [
      { kind: 'aborted-and-not', id, message: `job ${id} was reported as aborted, and was not`, evidence: facts },
    ];
  });
  const unasked = [...deliveries.keys()].flatMap((id) => {
    if (aborted(id) <= (sent.get(id)?.length ?? 0)) return [];
    return [{ kind: 'aborted-unasked', id, message: `job ${id} was aborted, and nobody cancelled it`, evidence: [] }];
  });
  return [...missing, ...unasked];
}

function isCancelled({ end }: DeliveryEntry): boolean {
  return end?.how === 'failed' && end.value.startsWith('the job was cancelled');
}
