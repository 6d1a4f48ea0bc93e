import { Emitter } from '../job/emitter.ts';
import {
  PutConflictError,
  PutUnknownError,
  QueueClosedError,
  QueueFullError,
  RedisUnavailableError,
} from '../job/errors/index.ts';
import type { Logger } from '../job/logging/logger.ts';
import type { Receipt } from './pending-put.ts';

/**
 * How a put ended: as its receipt says, or by why it was refused. `unavailable`: Redis did not get it; `unknown`: Redis may have
 * got it; `cancelled`: its signal aborted.
 */
export type PutOutcome =
  | Receipt['status']
  | 'conflict'
  | 'full'
  | 'closed'
  | 'unavailable'
  | 'unknown'
  | 'cancelled'
  | 'failed';

/** One put that has ended. */
export interface PutEvent {
  /** As its caller gave it, or the generated one. */
  readonly id: string;
  /** The name of the queue: of a job of a flow, its own. */
  readonly queue: string;
  /** The contract's name. */
  readonly job: string;
  /** Its receipt's status, or why there is none. */
  readonly outcome: PutOutcome;
  /** How long it waited for capacity, in milliseconds; 0 when it did not. */
  readonly waitedMs: number;
}

/** The events of a producer. Logs and metrics only listen. */
export interface ProducerEvents {
  /** A put has its answer, or was refused. Not emitted for what is refused before it is sent, as an invalid payload is. */
  put: PutEvent;
}

/** Emits the events of a producer. */
export class ProducerEmitter extends Emitter<ProducerEvents> {
  readonly #log: Logger;

  constructor(log: Logger) {
    super(['put']);
    this.#log = log;
  }

  protected override onFault(name: keyof ProducerEvents, error: unknown): void {
    this.#log.error({ err: error }, `a listener to ${name} failed`);
  }
}

/** @param signal the put's own */
export function putOutcomeOf(error: unknown, signal: AbortSignal | undefined): PutOutcome {
  if (error instanceof QueueFullError) return 'full';
  if (error instanceof PutConflictError) return 'conflict';
  if (error instanceof QueueClosedError) return 'closed';
  if (error instanceof PutUnknownError) return 'unknown';
  if (error instanceof RedisUnavailableError) return 'unavailable';
  return signal?.aborted && error === signal.reason ? 'cancelled' : 'failed';
}
