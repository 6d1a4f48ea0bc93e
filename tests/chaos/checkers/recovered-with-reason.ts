import type { Violation } from '@sluice/testing/history';
import type { DeliveryEntry, JobEntry } from '@sluice/testing/ledger';
import { type Disturbance, disturbancesIn, overlapMs, touches } from './disturbances.ts';
import { type Evidence, factsOf, handOverFinder } from './evidence.ts';
import { redisTarget } from '../plan/make-plan.ts';

/**
 * I6, none twice: no job is taken from a worker that lives and reaches Redis, whatever became of Redis itself meanwhile.
 *
 * Kind: `taken-from-the-living`.
 */
export function recoveredWithReason(evidence: Evidence): Violation[] {
  const disturbances = disturbancesIn(evidence.history.facts);
  const gone = new Map(factsOf(evidence, 'killed').map(({ process, at }) => [process, at]));
  const handOverOf = handOverFinder(evidence.ledger.jobs);
  const runs = new Map(factsOf(evidence, 'delivered').map((run) => [handOverOf(run), run]));
  return evidence.ledger.jobs.flatMap((job) =>
    job.deliveries.flatMap((delivery) => {
      if (delivery.end?.how !== 'stalled') return [];
      if ((gone.get(delivery.worker ?? '') ?? Infinity) <= delivery.end.atMs) return [];
      const run = runs.get(delivery);
      const isTolerated = run
        ? wasCutOff(delivery, delivery.end.atMs, disturbances, evidence)
        : mayHaveMissedIt(delivery, disturbances, evidence);
      return isTolerated ? [] : [accuse(job, delivery, evidence)];
    }),
  );
}

/** Whether what was done to the worker itself can have cost it a lease that it renews. */
function wasCutOff(
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

/** A hand-over whose answer was lost is nobody's: its lease runs out. */
function mayHaveMissedIt(
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

function accuse({ id }: JobEntry, { worker, takenAtMs, end }: DeliveryEntry, { history }: Evidence): Violation {
  const heldMs = (end?.atMs ?? takenAtMs) - takenAtMs;
  return {
    kind: 'taken-from-the-living',
    id,
    message: `job ${id} was taken from ${worker} after ${heldMs} ms, which lives, and which nobody cut off from Redis`,
    evidence: history.facts.filter((fact) => 'id' in fact && fact.id === id),
  };
}
