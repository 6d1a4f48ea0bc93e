import { JobInterruptedError } from '@sluice/shared';
import type { Attempt } from '../handler/attempt.ts';
import type { BoundHandler, SeatedHandler } from '../handler/handler-registry.ts';
import type { Seat } from '../handler/seat.ts';
import { JobNotServedError } from './attempt-errors.ts';
import type { AttemptHost, AttemptRecord } from './attempt-record.ts';
import type { Delivery } from './delivery.ts';
import { recordFailure } from './failure-record.ts';
import type { Outcome } from './outcome.ts';
import { unknownDelay } from './retry-delay.ts';

/** Where a handler runs. */
export type Place =
  /** It cannot be ended by force. */
  { readonly kind: 'main loop'; handle(attempt: Attempt): unknown } | { readonly kind: 'thread'; readonly seat: Seat };

/** The place of an attempt: at once on the main loop, or as soon as a thread is free. Or why there is none. */
export function findPlace(
  record: AttemptRecord,
  handler: BoundHandler,
  host: AttemptHost,
): Place | Outcome | Promise<Place | Outcome> {
  const { reason } = host.interruption;
  if (reason) return interrupted(reason);
  if ('enter' in handler) return waitForSeat(record, handler, host);
  return { kind: 'main loop', handle: (attempt) => handler.handle(attempt as never) };
}

/** Nothing of the job has run until it has a seat, so a wait that fails spends no attempt. Its lease is kept meanwhile. */
async function waitForSeat(
  { delivery, lease }: AttemptRecord,
  { contract, enter }: SeatedHandler,
  { interruption, events }: AttemptHost,
): Promise<Place | Outcome> {
  const wait = new AbortController();
  const waiting = { interrupt: (reason: Error): void => wait.abort(reason) };
  const version = delivery.options.sluice?.v ?? contract.version;
  interruption.add(waiting);
  lease.onLost = waiting.interrupt;
  try {
    return { kind: 'thread', seat: await enter({ version, json: delivery.data }, wait.signal) };
  } catch (error) {
    if (wait.signal.aborted) return interrupted(wait.signal.reason as Error);
    events.emit('fault', { where: `starting a thread for ${contract.name}`, error });
    return notServed(delivery, new JobNotServedError(`no thread could run ${contract.name} here`, { cause: error }));
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
export function notServed(delivery: Delivery, error: Error): Outcome {
  const timesReleased = delivery.deliveries - 1 - delivery.attemptsMade - delivery.crashes;
  return { kind: 'released', reason: recordFailure(error), delayMs: unknownDelay(timesReleased) };
}
