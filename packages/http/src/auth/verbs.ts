/** What a client may be allowed to do with a queue. None implies another. */
export const verbs = ['put', 'read', 'operate', 'admin'] as const;

/** One of {@link verbs}. */
export type Verb = (typeof verbs)[number];

/**
 * Options of a route that a client needs this verb for:
 *
 *   put      adds jobs
 *   read     changes nothing
 *   operate  acts on jobs, schedules and pools
 *   admin    changes what holds for a whole queue, or who may use it
 */
export function needs(verb: Verb): { config: { sluice: { verb: Verb } } } {
  return { config: { sluice: { verb } } };
}
