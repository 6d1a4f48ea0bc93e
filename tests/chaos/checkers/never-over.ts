import type { Violation } from '@sluice/testing/history';
import { scheduleNames } from '../orders/keep-schedules.ts';
import { capacityAt, type Evidence, isScheduled } from './evidence.ts';

/** The next job of a schedule is made when one is taken, and is never refused: or the schedule would end for good. */
function addsForSchedulesOnly({ queueLog }: Evidence, index: number): boolean {
  const added = queueLog.jobs.filter(({ addedIn }) => addedIn === index);
  return added.length > 0 && added.every(isScheduled);
}

/**
 * I1, the bound: no transaction adds to a queue so that it holds more than its capacity at that moment. One that is lowered evicts
 * nobody, so what is above it may stay. A schedule may stand above both by its next job.
 *
 * Kinds: `over`; `nothing-seen`, when the queue was always empty.
 */
export function neverOver(evidence: Evidence): Violation[] {
  const { report } = evidence;
  if (report.highestDepth === 0) return [{ kind: 'nothing-seen', message: 'the queue was always empty', evidence: [] }];
  let stays = 0; // what was above the capacity when it was lowered, as far as it is still there
  return report.depths.flatMap((depth, index) => {
    const most = capacityAt(evidence, index);
    const before = report.depths[index - 1] ?? 0;
    stays = Math.max(most, Math.min(stays, before));
    if (depth <= most || depth <= before) return [];
    if (addsForSchedulesOnly(evidence, index) && depth - stays <= scheduleNames.length) return [];
    const did = report.describe(index).join('; ');
    const message = `transaction ${index} left ${depth} unfinished jobs, ${depth - most} more than the capacity of ${most}: ${did}`;
    return [{ kind: 'over', message, evidence: [] }];
  });
}

/** The highest depth that anybody but a schedule has brought about, by its next job. */
export function highestByPuts(evidence: Evidence): number {
  const { depths } = evidence.report;
  return depths.reduce((high, depth, index) => {
    const isHigher = depth > high && depth > (depths[index - 1] ?? 0);
    return isHigher && !addsForSchedulesOnly(evidence, index) ? depth : high;
  }, 0);
}
