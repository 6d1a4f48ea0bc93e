import type { Violation } from '@sluice/testing/history';
import { type Evidence, tagOf } from './evidence.ts';
import { accountsIn, mayHaveAdded } from './put-accounts.ts';

/**
 * I6, once in: Redis added a job at most once for each put that may have added one, and ended it once.
 *
 * Kinds: `added-twice`, `taken-after-end`.
 */
export function onceIn(evidence: Evidence): Violation[] {
  const accounts = accountsIn(evidence);
  const entries = Map.groupBy(evidence.queueLog.jobs, tagOf);
  const twice = [...accounts].flatMap(([id, account]) => {
    const added = entries.get(id)?.length ?? 0;
    const most = mayHaveAdded(account);
    if (added <= most || account.sent === account.refused) return []; // a refused put whose job is there is found by another rule
    const message = `job ${id} was added ${added} times, by ${most} puts that may have added it`;
    return [{ kind: 'added-twice', id, message, evidence: account.facts }];
  });
  const again = evidence.queueLog.jobs.flatMap(({ id, end, deliveries }) => {
    const late = deliveries.find(({ takenIn }) => end !== null && takenIn > end.in);
    if (!late) return [];
    return [
      { kind: 'taken-after-end', id, message: `job ${id} was taken by ${late.worker} after its end`, evidence: [] },
    ];
  });
  return [...twice, ...again];
}
