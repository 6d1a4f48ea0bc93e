import { setTimeout as sleep } from 'node:timers/promises';
import type { HistoryRecorder } from '@sluice/testing/history';
import { type PlannedFault, redisTarget } from '../plan/make-plan.ts';
import { injectFault, type Scene } from './inject-fault.ts';

export interface CarryOutOptions extends Scene {
  plan: readonly PlannedFault[];
  history: HistoryRecorder;
  signal: AbortSignal;
  onFault: (fault: PlannedFault) => void;
}

/**
 * Injects the faults of a plan, each at its time. Resolves when the last fault is over. When the signal aborts it rejects
 * after the running steps have ended. Faults are not healed then, because all processes are about to be ended.
 */
export async function carryOutPlan(options: CarryOutOptions): Promise<void> {
  const begunAtMs = performance.now();
  const targets = Map.groupBy(options.plan, ({ target }) => target);
  const courses = await Promise.allSettled(
    [...targets.values()].map((course) => carryOutCourse(course, begunAtMs, options)),
  );
  const failure = courses.find((course) => course.status === 'rejected');
  if (failure) throw failure.reason;
}

/** Injects the faults of one target, one after the other. */
async function carryOutCourse(
  course: readonly PlannedFault[],
  begunAtMs: number,
  options: CarryOutOptions,
): Promise<void> {
  for (const fault of course) {
    await pause(begunAtMs + fault.atMs - performance.now(), options.signal);
    await carryOut(fault, options);
  }
}

/** The recorded time of a fault may be longer than the fault was, never shorter. */
async function carryOut(fault: PlannedFault, options: CarryOutOptions): Promise<void> {
  const { kind, forMs } = fault;
  const target = fault.target === redisTarget ? redisTarget : (options.processes.get(fault.target)?.process ?? '');
  options.onFault(fault);
  options.history.record({ type: 'fault', phase: 'began', kind, target });
  const heal = await injectFault(fault, options);
  await pause(forMs, options.signal);
  await heal();
  options.history.record({ type: 'fault', phase: 'ended', kind, target });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(ms, 0), undefined, { signal });
}
