import type { FastifyReply } from 'fastify';
import { ClientGoneError } from './request-errors.ts';

/** Fires when nobody is left to read the answer, or when the service stops: no reason then to wait any longer. */
export function waitSignal(reply: FastifyReply, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(new ClientGoneError());
  });
  return AbortSignal.any([gone.signal, stopping]);
}
