import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { WAIT_MOST_MS } from './load-limit.ts';
import { parseFields } from './parse-fields.ts';
import { waitSecondsOf } from './put-headers.ts';

const MAX_SECONDS = WAIT_MOST_MS / 1_000;

/** The query of a request that may be a long poll. */
const longPollQuery = z.strictObject({
  /** Seconds. */
  wait: z.coerce.number().int().min(0).max(MAX_SECONDS).exactOptional(),
});

/**
 * How long a long poll lasts: by `?wait=N`, else by `Prefer: wait=N`, which is cut to what is allowed, as a preference; the answer says
 * to what. 0 for a request that is none.
 *
 * @throws BodyInvalidError when the query says more than is allowed
 */
export function longPollMs(request: FastifyRequest, reply: FastifyReply): number {
  const { wait } = parseFields(longPollQuery, request.query);
  if (wait !== undefined) return wait * 1_000;
  const preferred = waitSecondsOf(request.headers.prefer);
  if (preferred === undefined) return 0;
  const seconds = Math.min(preferred, MAX_SECONDS);
  reply.header('preference-applied', `wait=${seconds}`);
  return seconds * 1_000;
}

/** Aborts when nobody is left to read the answer, and when the service stops. */
export function untilGone(reply: FastifyReply, stopping: AbortSignal): AbortSignal {
  // Not by AbortSignal.any: a thousand of these wait, and each would add a dependent to a signal that lives as long as the process.
  const over = new AbortController();
  const onStop = (): void => over.abort(stopping.reason);
  if (stopping.aborted) onStop();
  stopping.addEventListener('abort', onStop);
  reply.raw.once('close', () => {
    stopping.removeEventListener('abort', onStop);
    over.abort();
  });
  return over.signal;
}
