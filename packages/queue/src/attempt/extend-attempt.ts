import { LeaseLostError, ExtensionInvalidError } from '../job/errors/index.ts';
import type { PoolServices, AttemptRecord } from './attempt-record.ts';
import type { HandlerRun } from './handler-run.ts';

/**
 * Moves the deadline of a run, and its lease with it.
 *
 * @param ms how much later; what goes beyond the contract's `timeoutMaxMs`, or the job's expiry, is cut off
 * @throws ExtensionInvalidError; the reason of the signal once that has aborted; LeaseLostError
 */
export async function extendAttempt(
  { lease }: Pick<AttemptRecord, 'lease'>,
  run: HandlerRun,
  ms: number,
  { leases }: Pick<PoolServices, 'leases'>,
): Promise<void> {
  if (!(Number.isFinite(ms) && ms > 0)) throw new ExtensionInvalidError(`extend wants a number above 0, not ${ms}`);
  const leftMs = run.extend(ms) + run.graceMs;
  leases.limit(lease, { timeoutMs: run.timeoutMs, leftMs });
  // Not left to the next round of renewals: the lease may end before that.
  if ((await lease.confirm()) === 'lost') throw new LeaseLostError(lease.delivery.id);
}
