import type { ActOptions } from '@sluice/queue';
import type { FastifyReply } from 'fastify';

/** The most jobs of a request that says nothing else. */
const LIMIT = 1_000;

/**
 * How a request acts on many jobs. The run ends when nobody is left to read its report, and when the service stops: the report then
 * says where the next one goes on.
 */
export function actOptions(act: ActOptions, reply: FastifyReply, stopping: AbortSignal): ActOptions {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return { limit: LIMIT, ...act, signal: AbortSignal.any([gone.signal, stopping]) };
}
