import type { Violation } from '@sluice/testing/history';
import { scheduleNames } from '../orders/keep-schedules.ts';
import { capacityAt, type Evidence, isScheduled } from './evidence.ts';

/**
 * The next job of a schedule is made when one is taken, and is never refused: or the schedule would end for good. So the schedules
 * may add a job each to a queue that is full, or that holds more since its capacity was lowered.
 */
function areNextOfSchedules({ queueLog }: Evidence, index: number, more: number): boolean {
  const added = queueLog.jobs.filter(({ addedIn }) => addedIn === index);
  return added.length > 0 && added.every(isScheduled) && more <= scheduleNames.length;
}

/**
 * I1, the bound: no transaction adds to a queue so that it holds more than its capacity at that moment. One that is lowered evicts
 * nobody, so what is above it may stay. A schedule may stand above it by its next job.
 *
 * Kinds: `over`; `nothing-seen`, when the queue was always empty.
 */
export function neverOver(evidence: Evidence): Violation[] {
  const { report } = evidence;
  if (report.highestDepth === 0) return [{ kind: 'nothing-seen', message: 'the queue was always empty', evidence: [] }];
  return report.depths.flatMap((depth, index) => {
    const most = capacityAt(evidence, index);
    const before = report.depths[index - 1] ?? 0;
    const more = depth - Math.max(most, before);
    if (more <= 0 || areNextOfSchedules(evidence, index, more)) return [];
    const did = report.describe(index).join('; ');
    const message = `transaction ${index} left ${depth} unfinished jobs, ${depth - most} more than the capacity of ${most}: ${did}`;
    return [{ kind: 'over', message, evidence: [] }];
  });
}
