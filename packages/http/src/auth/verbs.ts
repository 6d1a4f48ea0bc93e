import type { ApiKeyVerb } from '@sluice/queue';

/**
 * Options of a route that a client needs this verb for:
 *
 *   put      adds jobs
 *   read     changes nothing
 *   operate  acts on jobs, schedules and pools
 *   admin    changes what holds for a whole queue, or who may use it
 */
export function needs(verb: ApiKeyVerb): { config: { sluice: { verb: ApiKeyVerb } } } {
  return { config: { sluice: { verb } } };
}
