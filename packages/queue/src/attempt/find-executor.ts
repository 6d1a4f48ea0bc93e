import { JobInterruptedError, JobNotServedError } from '../job/errors/index.ts';
import type { ThreadedHandler } from '../job/handler/handler-registry.ts';
import type { ThreadHandle } from '../job/handler/thread-handle.ts';
import type { PoolServices, AttemptRecord } from './attempt-record.ts';
import { failed } from './classify-ending.ts';
import type { Delivery } from '../job/delivery.ts';
import { recordFailure } from '../job/failure-record.ts';
import { notListed } from './abort-registry.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import { unknownDelay } from '../job/retry-delay.ts';

/** Where a handler runs. */
export type Executor = typeof mainLoop | ThreadExecutor;

/** Nothing that runs there can be ended by force. */
export const mainLoop = { kind: 'main loop' } as const;

export interface ThreadExecutor {
  readonly kind: 'thread';
  readonly thread: ThreadHandle;
}

/** The main loop is free at any time, unless the worker stops. */
export function findExecutor({ aborts }: PoolServices): typeof mainLoop | AttemptOutcome {
  return aborts.reason ? interrupted(aborts.reason) : mainLoop;
}

/**
 * A thread, as soon as one is free. Nothing of the job has run until then, so a wait that is called off spends no attempt;
 * a module that does not load spends one, or the job would come back for ever. Its lease is kept meanwhile.
 */
export async function acquireThread(
  { delivery, lease }: AttemptRecord,
  { contract, acquire }: ThreadedHandler,
  { aborts, events, unserved, random }: PoolServices,
): Promise<ThreadExecutor | AttemptOutcome> {
  if (aborts.reason) return interrupted(aborts.reason);
  const wait = new AbortController();
  const waiting = { index: notListed, interrupt: (reason: Error): void => wait.abort(reason) };
  const version = delivery.options.sluice?.v ?? contract.version;
  aborts.add(waiting);
  lease.onLost = waiting.interrupt;
  try {
    return { kind: 'thread', thread: await acquire({ version, json: delivery.data }, wait.signal) };
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

/** The worker stops: somebody else runs the job. */
function interrupted(reason: Error): AttemptOutcome {
  const error = reason instanceof JobInterruptedError ? reason : new JobInterruptedError(reason.message);
  return { kind: 'released', reason: recordFailure(error), delayMs: 0 };
}

/** This worker cannot run the job: another one may, or this one later. */
export function notServed(
  delivery: Delivery,
  error: Error,
  { unserved }: Pick<PoolServices, 'unserved'>,
): AttemptOutcome {
  const timesReleased = delivery.deliveries - 1 - delivery.attemptsMade - delivery.crashes;
  const reason = recordFailure(error);
  unserved.note(delivery.name, reason);
  return { kind: 'released', reason, delayMs: unknownDelay(timesReleased), showsReason: true };
}
