import type { Violation } from '@sluice/testing/history';
import type { DeliveryEntry } from '@sluice/testing/queue-log';
import { redisTarget } from '../plan/make-plan.ts';
import { type Disturbance, disturbancesIn, overlapMs, touches } from './disturbances.ts';
import { type Evidence, type FactOf, factsOf, deliveryFinder } from './evidence.ts';

/**
 * I5, time: no lease is renewed past deadline and grace, and no slot is occupied for longer, except in a process that was
 * stopped or blocked.
 *
 * Kinds: `lease-too-long`, `slot-too-long`, `slot-never-freed`, `nothing-seen`.
 */
export function inTime(evidence: Evidence): Violation[] {
  const runs = factsOf(evidence, 'delivered');
  if (runs.length === 0) return [{ kind: 'nothing-seen', message: 'no job was delivered', evidence: [] }];
  const disturbances = disturbancesIn(evidence.history.facts);
  const gone = new Map(factsOf(evidence, 'killed').map(({ process, at }) => [process, at]));
  const freed = factsOf(evidence, 'reported').filter(({ outcome }) => outcome !== 'abandoned');
  const reports = Map.groupBy(freed, ({ run = '' }) => run);
  const deliveryOf = deliveryFinder(evidence.queueLog.jobs);
  return runs.flatMap((run) => [
    ...checkLease(run, deliveryOf(run), disturbances, evidence),
    ...checkSlot(run, reports.get(run.run ?? '')?.[0], gone.get(run.worker), disturbances, evidence),
  ]);
}

/** An outcome that could not be written because Redis was out of reach may be written later. The lease is kept for that. */
function checkLease(
  run: FactOf<'delivered'>,
  delivery: DeliveryEntry | undefined,
  disturbances: readonly Disturbance[],
  { tolerances }: Evidence,
): Violation[] {
  const { leaseMs, graceMs, settleMarginMs, marginMs, recoveryMs, silenceMs } = tolerances;
  if (!delivery) return [];
  const byRun = run.at + (run.timeoutMs ?? 0) + graceMs + settleMarginMs;
  const reachedAgainMs = disturbances
    .filter((disturbance) => concerns(disturbance, run) && touches(disturbance, run.at, delivery.leaseEndsMs))
    .map(({ toMs }) => toMs + silenceMs + recoveryMs + settleMarginMs);
  const lateMs = delivery.leaseEndsMs - Math.max(byRun, delivery.takenAtMs + leaseMs, ...reachedAgainMs);
  return lateMs > marginMs
    ? [violation('lease-too-long', run, `held its lease ${Math.round(lateMs)} ms too long`)]
    : [];
}

/** Without a fault, the slot is free after deadline and grace. While Redis is out of reach, the settle is retried. */
function checkSlot(
  run: FactOf<'delivered'>,
  report: FactOf<'reported'> | undefined,
  goneAtMs: number | undefined,
  disturbances: readonly Disturbance[],
  { tolerances, history }: Evidence,
): Violation[] {
  const { leaseMs, graceMs, marginMs, recoveryMs } = tolerances;
  const untilMs = report?.at ?? goneAtMs ?? history.facts.at(-1)?.at ?? run.at;
  const near = disturbances.filter(
    (disturbance) => concerns(disturbance, run) && touches(disturbance, run.at - recoveryMs, untilMs),
  );
  const disturbedMs = near.reduce((sum, disturbance) => sum + overlapMs(disturbance, run.at, untilMs) + recoveryMs, 0);
  const mostMs = (run.timeoutMs ?? 0) + graceMs + marginMs + disturbedMs + (near.length > 0 ? leaseMs : 0);
  const lateMs = Math.round(untilMs - run.at - mostMs);
  if (lateMs <= 0) return [];
  if (report || goneAtMs !== undefined)
    return [violation('slot-too-long', run, `occupied its slot ${lateMs} ms too long`)];
  return [violation('slot-never-freed', run, 'still occupies its slot')];
}

/** Whether the fault was the run's process's, or Redis's. */
function concerns({ target }: Disturbance, { worker }: FactOf<'delivered'>): boolean {
  return target === worker || target === redisTarget;
}

function violation(kind: string, run: FactOf<'delivered'>, what: string): Violation {
  const message = `run ${run.run} of job ${run.id} ${what}`;
  return { kind, id: run.id, message, evidence: [run] };
}
