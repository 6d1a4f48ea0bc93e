import type { DeadLetterSelection } from '@sluice/queue';
import { parseJobId } from '@sluice/queue/contracts';
import { UsageError } from '../cli-errors.ts';
import { type FilterFlags, filterOf } from './filter-flags.ts';

/** Which dead letters a command means: by ids, by a filter, or all. */
export interface SelectionFlags extends FilterFlags {
  all?: true;
}

/**
 * The ids, or the filter.
 *
 * @throws UsageError when nothing is said, or both
 */
export function selectionOf(ids: readonly string[], flags: SelectionFlags): DeadLetterSelection {
  const filter = filterOf(flags);
  const hasFilter = Object.keys(filter).length > 0;
  if (ids.length > 0 && (hasFilter || flags.all)) throw new UsageError('give ids or a filter, not both');
  if (ids.length > 0) return ids.map(parseJobId);
  if (hasFilter && flags.all) throw new UsageError('give --all or a filter, not both');
  if (hasFilter || flags.all) return filter;
  throw new UsageError('say which dead letters: their ids, a filter such as --code or --since, or --all');
}

/** `1 dead letter of emails matches`. */
export function foundLetters(queue: string): (count: number) => string {
  return (count) => (count === 1 ? `1 dead letter of ${queue} matches` : `${count} dead letters of ${queue} match`);
}
