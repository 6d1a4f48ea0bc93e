import type { ConsoleQueue } from '@sluice/http/console';
import { count, duration, plural } from '../ui/format.ts';

/** What an operator should know of a queue, in a word, and why. */
export interface QueueSign {
  readonly level: 'bad' | 'warn';
  readonly word: string;
  /** A sentence without its end. */
  readonly why: string;
}

/** A job that waits for longer than this, while nothing takes it, is worth a look. */
const OLD_MS = 60_000;
/** How full a queue is that is nearly full. */
const NEARLY = 0.9;

/** What is wrong or unusual with a queue, the worst first; none when it is fine. */
export function signsOf({ stats, hour, workers, longestWaitMs }: ConsoleQueue): QueueSign[] {
  const signs: QueueSign[] = [];
  const bad = (word: string, why: string): void => void signs.push({ level: 'bad', word, why });
  const warn = (word: string, why: string): void => void signs.push({ level: 'warn', word, why });
  const { capacity, depth, waiters, oldestMs } = stats;
  const takeable = stats.waiting + stats.prioritized;
  if (stats.pools === 0 && depth > 0) bad('no worker', `${plural(depth, 'job')}, and no worker of ours is connected`);
  if (waiters.producers > 0)
    bad(
      'producers wait',
      `${plural(waiters.producers, 'producer waits', 'producers wait')} for capacity${longestWaitMs === null ? '' : `, for up to ${duration(longestWaitMs)}`}`,
    );
  if (stats.over > 0) bad('over', `${count(stats.over)} jobs are above the capacity`);
  else if (capacity !== null && depth >= capacity) bad('full', `it is full (${count(depth)} of ${count(capacity)})`);
  else if (capacity !== null && depth >= capacity * NEARLY)
    warn('nearly full', `${count(depth)} of ${count(capacity)}`);
  if (stats.paused) warn('paused', 'workers take no jobs');
  if (stats.sealed) warn('sealed', 'it takes no puts');
  if (stats.unserved > 0) bad('not served', `${count(stats.unserved)} jobs that no worker can run`);
  if (workers?.isLimited)
    warn('limited', workers.heldBack > 0 ? `limits hold ${plural(workers.heldBack, 'job')} back` : 'it has limits');
  if (workers && workers.versions.length > 0)
    warn('two versions', `its workers differ: ${workers.versions.join('; ')}`);
  if ((hour?.dead ?? 0) > 0) warn('failures', `${plural(hour?.dead ?? 0, 'job')} died within the last hour`);
  if (takeable > 0 && oldestMs !== null && oldestMs > OLD_MS && !stats.paused)
    warn('slow', `the oldest job has waited for ${duration(oldestMs)}`);
  return signs.toSorted((a, b) => Number(a.level === 'warn') - Number(b.level === 'warn'));
}

/** The names of the queues, worst first, then by name. */
export function worstFirst(queues: readonly ConsoleQueue[]): string[] {
  const weighed = queues.map((queue) => {
    const signs = signsOf(queue);
    const bad = signs.filter(({ level }) => level === 'bad').length;
    return { name: queue.queue, weight: bad * 100 + (signs.length - bad) };
  });
  return weighed.toSorted((a, b) => b.weight - a.weight || a.name.localeCompare(b.name)).map(({ name }) => name);
}
