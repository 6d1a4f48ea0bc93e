import type { ApiKeyVerb } from '@sluice/queue';
import type { FastifyContextConfig } from 'fastify';

/** What else a route says of itself. */
type RouteMarks = Omit<NonNullable<FastifyContextConfig['sluice']>, 'verb'>;

/**
 * Options of a route that a client needs this verb for:
 *
 *   put      adds jobs
 *   read     changes nothing
 *   operate  acts on jobs, schedules and pools
 *   admin    changes what holds for a whole queue, or who may use it
 */
export function needs(
  verb: ApiKeyVerb,
  marks: RouteMarks = {},
): { config: { sluice: RouteMarks & { verb: ApiKeyVerb } } } {
  return { config: { sluice: { verb, ...marks } } };
}
