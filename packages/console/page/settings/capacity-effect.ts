import type { AdminStats } from '@sluice/queue';
import { count, plural } from '../ui/format.ts';

/** What another capacity would do to a queue as it is now, as sentences. */
export function capacityEffect(
  { depth, capacity, waiters }: Pick<AdminStats, 'depth' | 'capacity' | 'waiters'>,
  wanted: number,
): { readonly level: 'warn' | 'plain'; readonly text: string } {
  const over = depth - wanted;
  if (over > 0)
    return {
      level: 'warn',
      text: `${plural(over, 'job')} over: ${count(depth)} are in the queue. None of them is removed; no put gets in until ${count(over)} have ended.`,
    };
  const free = wanted - depth;
  const admitted = Math.min(free, waiters.puts);
  if (wanted === capacity) return { level: 'plain', text: 'That is what it is now.' };
  if (free === 0) return { level: 'warn', text: `The queue is full then: ${count(depth)} of ${count(wanted)}.` };
  const waiting =
    admitted > 0 ? ` ${count(admitted)} of ${plural(waiters.puts, 'waiting put')} can get in at once.` : '';
  return { level: 'plain', text: `Free capacity for ${plural(free, 'job')}.${waiting}` };
}
