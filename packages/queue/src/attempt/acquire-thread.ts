import { JobInterruptedError, JobNotServedError } from '../job/errors/index.ts';
import type { ThreadedHandler } from '../job/handler/handler-registry.ts';
import type { ThreadHandle } from '../job/handler/thread-handle.ts';
import type { PoolServices, AttemptRecord } from './attempt-record.ts';
import { failed } from './classify-ending.ts';
import { recordFailure } from '../job/failure-record.ts';
import { NOT_LISTED } from './abort-registry.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';

/**
 * A thread, as soon as one is free. Nothing of the job has run until then, so a wait that is called off spends no attempt;
 * a module that does not load spends one, or the job would come back for ever. Its lease is kept meanwhile.
 */
export async function acquireThread(
  { delivery, lease }: AttemptRecord,
  { contract, acquire }: ThreadedHandler,
  { aborts, events, unserved, random }: PoolServices,
): Promise<{ readonly thread: ThreadHandle } | AttemptOutcome> {
  if (aborts.reason) return interrupted(aborts.reason);
  const wait = new AbortController();
  const waiting = { index: NOT_LISTED, interrupt: (reason: Error): void => wait.abort(reason) };
  const version = delivery.options.sluice?.v ?? contract.version;
  aborts.add(waiting);
  lease.onLost = waiting.interrupt;
  try {
    return { thread: await acquire({ version, json: delivery.data }, wait.signal) };
  } catch (error) {
    if (wait.signal.aborted) return interrupted(wait.signal.reason as Error);
    events.emit('fault', { where: `starting a thread for ${contract.name}`, error });
    const why = error instanceof Error ? error.message : String(error);
    const failure = new JobNotServedError(`no thread could run ${contract.name} here: ${why}`, { cause: error });
    unserved.note(contract.name, recordFailure(failure), true);
    return failed(failure, { delivery, contract, random });
  } finally {
    aborts.remove(waiting);
  }
}

/** The worker stops: another one runs the job. */
export function interrupted(reason: Error): AttemptOutcome {
  const error = reason instanceof JobInterruptedError ? reason : new JobInterruptedError(reason.message);
  return { kind: 'released', reason: recordFailure(error), delayMs: 0 };
}
