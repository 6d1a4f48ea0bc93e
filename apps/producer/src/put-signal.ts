import { RedisUnavailableError } from '@sluice/queue/contracts';
import type { FastifyReply } from 'fastify';
import { ClientGoneError } from './request-errors.ts';

/** What else ends a put than the queue's answer. */
export interface PutEnds {
  /** Fires when the service stops. For a put that waits for capacity. */
  readonly stopping?: AbortSignal;
  /** How long a put that does not wait for capacity may stay unsent. */
  readonly unsentMaxMs?: number;
}

/** Calls a put off that was not sent yet: when nobody is left to read the answer, and by what else ends it. */
export function putSignal(reply: FastifyReply, { stopping, unsentMaxMs }: PutEnds): AbortSignal {
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
