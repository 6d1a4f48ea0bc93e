import type { Violation } from '@sluice/testing/history';
import type { Admission } from '@sluice/testing/queue-log';
import { capacityAt, type Evidence } from './evidence.ts';

/**
 * I4, the order of waiting: an admission takes only the capacity that the tickets before it do not want.
 *
 * Kinds: `overtook`; `nothing-seen`, when no put ever waited.
 */
export function inOrder(evidence: Evidence): Violation[] {
  const { queueLog, report } = evidence;
  if (!queueLog.admissions.some(({ ahead }) => ahead.length > 0)) {
    return [{ kind: 'nothing-seen', message: 'no put was ever admitted while another waited', evidence: [] }];
  }
  return queueLog.admissions.flatMap((admission) => {
    const depth = report.depths[admission.in - 1] ?? 0;
    const capacity = capacityAt(evidence, admission.in);
    const left = capacity - depth - admission.ahead.reduce((sum, { wanted }) => sum + wanted, 0);
    return admission.added <= Math.max(left, 0) ? [] : violation(admission, capacity - depth);
  });
}

/** With no ticket ahead, too many jobs are over the bound, not out of order; another rule checks that. */
function violation({ in: index, producer, added, ahead }: Admission, free: number): Violation[] {
  if (ahead.length === 0) return [];
  const waiting = ahead.map(({ ticket, wanted }) => `${ticket} (${wanted})`).join(', ');
  const message = `transaction ${index} added ${added} jobs of ${producer} with ${free} free, ahead of ${waiting}`;
  return [{ kind: 'overtook', message, evidence: [] }];
}
