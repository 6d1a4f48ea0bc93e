import type { ActOptions } from '@sluice/queue';
import type { FastifyReply } from 'fastify';
import { untilGone } from '../../requests/long-poll.ts';

/** The most jobs of a request that says nothing else. */
const LIMIT = 1_000;

/**
 * How a request acts on many jobs. The run ends when nobody is left to read its report, and when the service stops: the report then
 * says where the next one goes on.
 */
export function actOptions(act: ActOptions, reply: FastifyReply, stopping: AbortSignal): ActOptions {
  return { limit: LIMIT, ...act, signal: untilGone(reply, stopping) };
}
