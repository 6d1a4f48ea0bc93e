import type { Violation } from '@sluice/testing/history';
import { type Evidence, factsOf, isScheduled } from './evidence.ts';

/**
 * Schedules: each time of a schedule has one job, unless that was removed before it ran, and no job comes from a schedule that nobody
 * made.
 *
 * Kinds: `scheduled-twice`, `scheduled-unasked`.
 */
export function scheduledOnce(evidence: Evidence): Violation[] {
  const jobs = evidence.queueLog.jobs.filter(isScheduled);
  const isAsked = factsOf(evidence, 'order-sent').some(({ order }) => order === 'schedule: set');
  const twice = [...Map.groupBy(jobs, ({ id }) => id)].flatMap(([id, entries]) => {
    const ran = entries.filter(({ deliveries }) => deliveries.length > 0);
    if (ran.length < 2) return [];
    return [
      {
        kind: 'scheduled-twice',
        id,
        message: `job ${id} of a schedule was added and run ${ran.length} times`,
        evidence: [],
      },
    ];
  });
  const [first] = jobs;
  if (isAsked || !first) return twice;
  return [...twice, { kind: 'scheduled-unasked', id: first.id, message: 'nobody made a schedule', evidence: [] }];
}
