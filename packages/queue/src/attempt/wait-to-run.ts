import { JobCancelledError, JobInterruptedError } from '../job/errors/index.ts';
import { recordFailure } from '../job/failure-record.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import { NOT_LISTED } from './abort-registry.ts';
import type { AttemptRecord, PoolServices } from './attempt-record.ts';

/** Either what was waited for, or the outcome of an attempt whose wait was called off. */
export type Waited<T> = { readonly found: T } | { readonly outcome: AttemptOutcome };

/**
 * Waits for what an attempt needs before its handler can start: a thread, or a batch. Nothing of the job has run until then, so a
 * wait that is called off spends no attempt. Its lease is kept meanwhile.
 *
 * @throws what the wait fails with
 */
export async function waitToRun<T>(
  { lease }: AttemptRecord,
  { aborts }: Pick<PoolServices, 'aborts'>,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<Waited<T>> {
  if (aborts.reason) return { outcome: interrupted(aborts.reason) };
  const called = new AbortController();
  const waiting = { index: NOT_LISTED, interrupt: (reason: Error): void => called.abort(reason) };
  aborts.add(waiting);
  lease.onLost = waiting.interrupt;
  lease.onCancelled = waiting.interrupt;
  try {
    return { found: await wait(called.signal) };
  } catch (error) {
    if (called.signal.aborted) return { outcome: interrupted(called.signal.reason as Error) };
    throw error;
  } finally {
    aborts.remove(waiting);
  }
}

/** The worker stops, and another one runs the job; or the job was cancelled. */
export function interrupted(reason: Error): AttemptOutcome {
  if (reason instanceof JobCancelledError) return { kind: 'cancelled', failure: recordFailure(reason) };
  const error = reason instanceof JobInterruptedError ? reason : new JobInterruptedError(reason.message);
  return { kind: 'released', reason: recordFailure(error), delayMs: 0 };
}
