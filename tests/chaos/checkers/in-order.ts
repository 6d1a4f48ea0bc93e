import type { Violation } from '@sluice/testing/history';
import type { Admission } from '@sluice/testing/ledger';
import type { Evidence } from './evidence.ts';

/**
 * I4, the order of waiting: an admission run takes only what those who waited before it leave.
 *
 * Kinds: `overtook`; `nothing-seen`, when nobody ever waited.
 */
export function inOrder({ ledger, report, capacity }: Evidence): Violation[] {
  if (!ledger.admissions.some(({ ahead }) => ahead.length > 0)) {
    return [{ kind: 'nothing-seen', message: 'no put was ever admitted while another waited', evidence: [] }];
  }
  return ledger.admissions.flatMap((admission) => {
    const depth = report.depths[admission.in - 1] ?? 0;
    const left = capacity - depth - admission.ahead.reduce((sum, { wanted }) => sum + wanted, 0);
    return admission.added <= Math.max(left, 0) ? [] : accuse(admission, capacity - depth);
  });
}

/** With nobody ahead, too many is not out of order but over the bound, which is checked elsewhere. */
function accuse({ in: index, producer, added, ahead }: Admission, free: number): Violation[] {
  if (ahead.length === 0) return [];
  const waiting = ahead.map(({ ticket, wanted }) => `${ticket} (${wanted})`).join(', ');
  const message = `transaction ${index} added ${added} jobs of ${producer} with ${free} places free, ahead of ${waiting}`;
  return [{ kind: 'overtook', message, evidence: [] }];
}
