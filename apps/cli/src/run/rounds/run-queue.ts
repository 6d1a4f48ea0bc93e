import { defineQueue, type QueueDefinition } from '@sluice/queue/contracts';
import { fetchUrl } from '@sluice/shared';
import type { RunOptions } from '../run-options.ts';

/** A run that was cut short finds what its workers have fetched meanwhile for this long. */
const KEEP_MS = 7 * 86_400_000;

/**
 * The most jobs that are put and have no line in the output yet. More than the queue holds, so that it is the queue
 * that sets the pace.
 */
export function windowOf({ capacity }: Pick<RunOptions, 'capacity'>): number {
  return capacity + Math.max(100, capacity);
}

/** The queue of one run. Twice as many results are kept as can be unread, so that none is dropped before it was read. */
export function runQueue(
  name: string,
  options: Pick<RunOptions, 'capacity'>,
): QueueDefinition<readonly [typeof fetchUrl]> {
  const keep = { completed: { count: 2 * windowOf(options), ageMs: KEEP_MS } };
  return defineQueue({ name, jobs: [fetchUrl], capacity: options.capacity, keep });
}
