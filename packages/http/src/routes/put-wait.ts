import type { QueueDefinition } from '@sluice/queue';
import { QueueFullError, RedisUnavailableError } from '@sluice/queue/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientGoneError, WaiterShareError } from '../problems/request-errors.ts';
import { clientOf } from '../requests/client-of.ts';
import type { ClientShares } from '../requests/client-shares.ts';
import { WAIT_MOST_MS } from '../requests/load-limit.ts';
import { waitSecondsOf } from '../requests/put-headers.ts';
import { whenOver } from '../requests/request-end.ts';

/** How a put of a request waits. */
export interface PutWait {
  /** For capacity; 0: not at all. */
  readonly waitMs: number;
  /** It would wait, but as many puts of its client do as may. */
  readonly isOverShare: boolean;
  /** Calls it off, unless it was sent. */
  readonly signal: AbortSignal;
}

export interface PutWaitDeps {
  readonly queue: QueueDefinition;
  /** The longest that a request may wait for capacity, in milliseconds; a longer wish is cut to it. */
  readonly waitMaxMs: number;
  /** The puts that may wait for capacity. */
  readonly waiters: ClientShares;
  /** Fires when the service stops: puts that wait for capacity end then. */
  readonly stopping: AbortSignal;
}

/** How long a put that does not wait for capacity may stay unsent, however slow Redis is. */
const UNSENT_MAX_MS = 5_000;

/**
 * Waits for capacity as long as the client prefers and the service allows, where the queue's policy is to wait; the answer says how
 * long. What is over its client's share of the waiters does not wait.
 */
export function waitOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { queue, waitMaxMs, waiters, stopping }: PutWaitDeps,
): PutWait {
  const wishMs = Math.min((waitSecondsOf(request.headers.prefer) ?? 0) * 1_000, waitMaxMs, WAIT_MOST_MS);
  if (queue.whenFull !== 'wait' || wishMs <= 0) return { ...atOnce(reply), isOverShare: false };
  const leave = waiters.take(clientOf(request));
  if (!leave) return { ...atOnce(reply), isOverShare: true };
  whenOver(reply, leave);
  reply.header('preference-applied', `wait=${Math.floor(wishMs / 1_000)}`);
  return { waitMs: wishMs, isOverShare: false, signal: waitingSignal(reply, stopping) };
}

function atOnce(reply: FastifyReply): Pick<PutWait, 'waitMs' | 'signal'> {
  return { waitMs: 0, signal: unsentSignal(reply) };
}

/** What a put ends with, and for one that was not let wait by its client's share, why. */
export function explainShare<T>(put: Promise<T>, { isOverShare }: PutWait): Promise<T> {
  if (!isOverShare) return put;
  return put.catch((error: unknown) => {
    throw error instanceof QueueFullError ? new WaiterShareError(error.queue) : error;
  });
}

/** Calls a put off that waits for capacity, unless it was sent: when nobody is left to read the answer, and when the service stops. */
function waitingSignal(reply: FastifyReply, stopping: AbortSignal): AbortSignal {
  const off = new AbortController();
  const onStop = (): void => off.abort(stopping.reason);
  if (stopping.aborted) onStop();
  stopping.addEventListener('abort', onStop, { once: true });
  whenOver(reply, (isAnswered) => {
    stopping.removeEventListener('abort', onStop);
    if (!isAnswered) off.abort(new ClientGoneError());
  });
  return off.signal;
}

/** Calls any other put off, unless it was sent: when nobody is left to read the answer, and when it stays unsent for too long. */
function unsentSignal(reply: FastifyReply): AbortSignal {
  const off = new AbortController();
  const timer = setTimeout(() => off.abort(new RedisUnavailableError('its address')), UNSENT_MAX_MS);
  whenOver(reply, (isAnswered) => {
    clearTimeout(timer);
    if (!isAnswered) off.abort(new ClientGoneError());
  });
  return off.signal;
}
