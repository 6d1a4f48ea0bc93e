import type { Violation } from '@sluice/testing/history';
import type { DeliveryEntry, JobEntry } from '@sluice/testing/queue-log';
import { type Disturbance, disturbancesIn, overlapMs, touches } from './disturbances.ts';
import { type Evidence, factsOf, deliveryFinder } from './evidence.ts';
import { redisTarget } from '../plan/make-plan.ts';

/**
 * I6, none twice: no job is taken from a worker that lives and reaches Redis, even after an outage of Redis itself.
 *
 * Kind: `taken-from-living-worker`.
 */
export function recoveredWithReason(evidence: Evidence): Violation[] {
  const disturbances = disturbancesIn(evidence.history.facts);
  const gone = new Map(factsOf(evidence, 'killed').map(({ process, at }) => [process, at]));
  const deliveryOf = deliveryFinder(evidence.queueLog.jobs);
  const runs = new Map(factsOf(evidence, 'delivered').map((run) => [deliveryOf(run), run]));
  return evidence.queueLog.jobs.flatMap((job) =>
    job.deliveries.flatMap((delivery) => {
      if (delivery.end?.how !== 'stalled') return [];
      if ((gone.get(delivery.worker ?? '') ?? Infinity) <= delivery.end.atMs) return [];
      const run = runs.get(delivery);
      const isTolerated = run
        ? wasDisconnected(delivery, delivery.end.atMs, disturbances, evidence)
        : replyMayBeLost(delivery, disturbances, evidence);
      return isTolerated ? [] : [violation(job, delivery, evidence)];
    }),
  );
}

/** Whether the faults of the worker can explain the loss of a lease that it renews. */
function wasDisconnected(
  { worker, takenAtMs }: DeliveryEntry,
  untilMs: number,
  disturbances: readonly Disturbance[],
  { tolerances }: Evidence,
): boolean {
  const { leaseMs, renewMs, recoveryMs, tolerate } = tolerances;
  const counts = ({ target, kind }: Disturbance): boolean => {
    if (target === redisTarget) return tolerate.has('redis-away');
    return target === worker && (kind !== 'block' || tolerate.has('blocked-loop'));
  };
  const awayMs = disturbances
    .filter((disturbance) => counts(disturbance) && touches(disturbance, takenAtMs - leaseMs, untilMs))
    .reduce((sum, disturbance) => sum + overlapMs(disturbance, takenAtMs - leaseMs, untilMs) + recoveryMs, 0);
  return awayMs >= leaseMs - renewMs;
}

/** A delivery whose reply was lost belongs to nobody, so its lease expires. */
function replyMayBeLost(
  { worker, takenAtMs }: DeliveryEntry,
  disturbances: readonly Disturbance[],
  { tolerances: { leaseMs, recoveryMs } }: Evidence,
): boolean {
  return disturbances.some(
    (disturbance) =>
      (disturbance.target === worker || disturbance.target === redisTarget) &&
      touches(disturbance, takenAtMs - recoveryMs, takenAtMs + leaseMs),
  );
}

function violation({ id }: JobEntry, { worker, takenAtMs, end }: DeliveryEntry, { history }: Evidence): Violation {
  const heldMs = (end?.atMs ?? takenAtMs) - takenAtMs;
  return {
    kind: 'taken-from-living-worker',
    id,
    message: `job ${id} was taken from ${worker} after ${heldMs} ms, though it lives and was connected to Redis`,
    evidence: history.facts.filter((fact) => 'id' in fact && fact.id === id),
  };
}
