import type { Violation } from '@sluice/testing/history';
import type { JobEntry } from '@sluice/testing/queue-log';
import { type Evidence, isScheduled, tagOf } from './evidence.ts';
import { type Account, accountsIn } from './put-accounts.ts';

/** Errors after which the job may be there. */
const uncertain = new Set([
  'SLUICE_PUT_UNKNOWN',
  'SLUICE_QUEUE_FULL',
  'SLUICE_QUEUE_CLOSED',
  'SLUICE_REDIS_UNAVAILABLE',
  'aborted',
]);

/**
 * I2, no loss: what was acknowledged was added and has ended; what was refused was not added; what was added was put.
 *
 * Kinds: `lost`, `unfinished`, `removed-unasked`, `cancelled-but-there`, `refused-but-there`, `never-put`,
 * `strange-answer`, `nothing-seen`.
 */
export function noneLost(evidence: Evidence): Violation[] {
  const accounts = accountsIn(evidence);
  if (![...accounts.values()].some(({ answered }) => answered > 0)) {
    return [{ kind: 'nothing-seen', message: 'no put was answered', evidence: [] }];
  }
  const scheduled = evidence.queueLog.jobs.filter(isScheduled);
  const entries = Map.groupBy(
    evidence.queueLog.jobs.filter((job) => !isScheduled(job)),
    tagOf,
  );
  const putOnes = [...accounts].flatMap(([tag, account]) => checkPut(tag, account, entries.get(tag) ?? []));
  const added = [...entries].flatMap(([tag, jobs]) => checkAdded(tag, jobs, accounts.get(tag)));
  const open = scheduled
    .filter(({ end }) => end === null)
    .map(({ id }) => violationOf(id, undefined)('unfinished', 'was added, and has not ended'));
  return [...putOnes, ...added, ...open];
}

function checkPut(tag: string, account: Account, jobs: readonly JobEntry[]): Violation[] {
  const violation = violationOf(tag, account);
  const removed = jobs.filter(({ end }) => end?.how === 'removed').length;
  const strange = account.codes.filter((code) => !uncertain.has(code));
  return [
    account.answered > 0 && jobs.length === 0 ? [violation('lost', 'was acknowledged, and never added to Redis')] : [],
    account.created > jobs.length && jobs.length > 0
      ? [violation('lost', `was acknowledged as new ${account.created} times, and added ${jobs.length} times`)]
      : [],
    account.cancelled > removed ? [violation('cancelled-but-there', 'was cancelled, and not removed')] : [],
    account.sent === account.refused && jobs.length > 0
      ? [violation('refused-but-there', 'is there, though every put of it was refused')]
      : [],
    strange.map((code) => violation('strange-answer', `was answered with ${code}`)),
  ].flat();
}

function checkAdded(tag: string, jobs: readonly JobEntry[], account: Account | undefined): Violation[] {
  const violation = violationOf(tag, account);
  if (!account) return [violation('never-put', 'was added, and never put')];
  return jobs.flatMap(({ end }) => {
    if (end === null) return [violation('unfinished', 'was added, and has not ended')];
    const isUnasked = end.how === 'removed' && account.cancels === 0;
    return isUnasked ? [violation('removed-unasked', 'was removed, and never cancelled')] : [];
  });
}

function violationOf(id: string, account: Account | undefined): (kind: string, what: string) => Violation {
  return (kind, what) => ({ kind, id, message: `job ${id} ${what}`, evidence: account?.facts ?? [] });
}
