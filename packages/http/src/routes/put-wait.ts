import type { QueueDefinition } from '@sluice/queue';
import { RedisUnavailableError } from '@sluice/queue/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientGoneError } from '../problems/request-errors.ts';
import { waitSecondsOf } from '../requests/put-headers.ts';

/** How a put of a request waits. */
export interface PutWait {
  /** For capacity; 0: not at all. */
  readonly waitMs: number;
  /** Calls it off, unless it was sent. */
  readonly signal: AbortSignal;
}

export interface PutWaitDeps {
  readonly queue: QueueDefinition;
  /** The longest that a request may wait for capacity, in milliseconds; a longer wish is cut to it. */
  readonly waitMaxMs: number;
  /** Fires when the service stops: puts that wait for capacity end then. */
  readonly stopping: AbortSignal;
}

/** How long a put that does not wait for capacity may stay unsent, however slow Redis is. */
const UNSENT_MAX_MS = 5_000;

/** Waits for capacity as long as the client prefers and the service allows, where the queue's policy is to wait; the answer says how long. */
export function waitOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { queue, waitMaxMs, stopping }: PutWaitDeps,
): PutWait {
  const wishMs = Math.min((waitSecondsOf(request.headers.prefer) ?? 0) * 1_000, waitMaxMs);
  const waitMs = queue.whenFull === 'wait' ? wishMs : 0;
  if (waitMs > 0) reply.header('preference-applied', `wait=${Math.floor(waitMs / 1_000)}`);
  return { waitMs, signal: putSignal(reply, waitMs > 0 ? { stopping } : { unsentMaxMs: UNSENT_MAX_MS }) };
}

/** What calls a put off, in addition to a client that is gone. */
interface PutSignalOptions {
  /** Fires when the service stops. For a put that waits for capacity. */
  readonly stopping?: AbortSignal;
  /** How long a put that does not wait for capacity may stay unsent. */
  readonly unsentMaxMs?: number;
}

/** Calls a put off that was not sent yet: when nobody is left to read the answer, and by what else ends it. */
function putSignal(reply: FastifyReply, { stopping, unsentMaxMs }: PutSignalOptions): AbortSignal {
  const off = new AbortController();
  const onStop = (): void => off.abort(stopping?.reason);
  const timer =
    unsentMaxMs === undefined
      ? undefined
      : setTimeout(() => off.abort(new RedisUnavailableError('its address')), unsentMaxMs);
  if (stopping?.aborted) onStop();
  stopping?.addEventListener('abort', onStop, { once: true });
  const over = (): void => {
    reply.raw.off('finish', over).off('close', onClose);
    clearTimeout(timer);
    stopping?.removeEventListener('abort', onStop);
  };
  const onClose = (): void => {
    over();
    off.abort(new ClientGoneError());
  };
  reply.raw.on('finish', over).on('close', onClose);
  return off.signal;
}
