import { JobInterruptedError, JobNotServedError } from '../job/errors/index.ts';
import type { SeatedHandler } from '../job/handler/handler-registry.ts';
import type { Seat } from '../job/handler/seat.ts';
import type { PoolServices, AttemptRecord } from './attempt-record.ts';
import { failed } from './classify-ending.ts';
import type { Delivery } from '../job/delivery.ts';
import { recordFailure } from '../job/failure-record.ts';
import { noPlace } from './interruption.ts';
import type { Outcome } from '../job/outcome.ts';
import { unknownDelay } from '../job/retry-delay.ts';

/** Where a handler runs. */
export type Place = typeof mainLoop | ThreadPlace;

/** Nothing that runs there can be ended by force. */
export const mainLoop = { kind: 'main loop' } as const;

export interface ThreadPlace {
  readonly kind: 'thread';
  readonly seat: Seat;
}

/** The main loop has a place at any time, but for a worker that stops. */
export function findPlace({ interruption }: PoolServices): typeof mainLoop | Outcome {
  return interruption.reason ? interrupted(interruption.reason) : mainLoop;
}

/**
 * A place in a thread, as soon as one is free. Nothing of the job has run until then, so a wait that is called off spends no attempt;
 * a module that does not load spends one, or the job would come back for ever. Its lease is kept meanwhile.
 */
export async function findSeat(
  { delivery, lease }: AttemptRecord,
  { contract, enter }: SeatedHandler,
  { interruption, events, unserved, random }: PoolServices,
): Promise<ThreadPlace | Outcome> {
  if (interruption.reason) return interrupted(interruption.reason);
  const wait = new AbortController();
  const waiting = { place: noPlace, interrupt: (reason: Error): void => wait.abort(reason) };
  const version = delivery.options.sluice?.v ?? contract.version;
  interruption.add(waiting);
  lease.onLost = waiting.interrupt;
  try {
    return { kind: 'thread', seat: await enter({ version, json: delivery.data }, wait.signal) };
  } catch (error) {
    if (wait.signal.aborted) return interrupted(wait.signal.reason as Error);
    events.emit('fault', { where: `starting a thread for ${contract.name}`, error });
    const why = error instanceof Error ? error.message : String(error);
    const failure = new JobNotServedError(`no thread could run ${contract.name} here: ${why}`, { cause: error });
    unserved.note(contract.name, recordFailure(failure), true);
    return failed(failure, { delivery, contract, random });
  } finally {
    interruption.remove(waiting);
  }
}

/** The worker stops: somebody else runs the job. */
function interrupted(reason: Error): Outcome {
  const error = reason instanceof JobInterruptedError ? reason : new JobInterruptedError(reason.message);
  return { kind: 'released', reason: recordFailure(error), delayMs: 0 };
}

/** This worker cannot run the job: another one may, or this one later. */
export function notServed(delivery: Delivery, error: Error, { unserved }: Pick<PoolServices, 'unserved'>): Outcome {
  const timesReleased = delivery.deliveries - 1 - delivery.attemptsMade - delivery.crashes;
  const reason = recordFailure(error);
  unserved.note(delivery.name, reason);
  return { kind: 'released', reason, delayMs: unknownDelay(timesReleased), showsReason: true };
}
